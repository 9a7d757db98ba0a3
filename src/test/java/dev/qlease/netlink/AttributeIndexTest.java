package dev.qlease.netlink;

import static dev.qlease.netlink.Wire.attribute;
import static dev.qlease.netlink.Wire.concat;
import static dev.qlease.netlink.Wire.text;
import static dev.qlease.netlink.Wire.u32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.linux.sys.KernelText;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** An index that is read again and again, as one is for the messages of a dump. */
class AttributeIndexTest {
    private final AttributeIndex index = new AttributeIndex(Sample.LEAF);

    /** Reads {@code parts} behind four bytes of something else. */
    private static void read(AttributeIndex index, byte[]... parts) {
        byte[] all = concat(new byte[4], concat(parts));
        index.read(Received.of(MemorySegment.ofArray(all)), 4, all.length);
    }

    private static List<Integer> positions(AttributeIndex index) {
        List<Integer> positions = new ArrayList<>();
        for (int type = 0; type <= Sample.LEAF.maxType(); type++) {
            positions.add(index.position(type));
        }
        return positions;
    }

    @Test
    void whatIsAlikeIsFoundWhereItWasBefore() {
        for (int i = 0; i < 4; i++) {
            read(index, attribute(3, u32(i)), attribute(7, text("eth" + i)));
            assertThat(index.position(Sample.ID.type())).isEqualTo(1);
            assertThat(index.position(Sample.NAME.type())).isEqualTo(9);
            assertThat(index.position(Sample.TYPE.type())).isZero();
        }
    }

    @Test
    void whatIsAsLongButOtherwiseMadeIsFoundAnew() {
        for (int i = 0; i < 3; i++) {
            read(index, attribute(3, u32(1)), attribute(11, u32(0)));
        }
        read(index, attribute(3, u32(1)), attribute(12, u32(0)));
        assertThat(index.position(Sample.TYPE.type())).isZero();
        assertThat(index.position(Sample.FEATURES.type())).isEqualTo(9);
        read(index, attribute(3, u32(1)), attribute(200, u32(0)));
        assertThat(index.position(Sample.FEATURES.type())).isZero();
        assertThat(index.unknown()).isTrue();
    }

    @Test
    void whatCannotBeReadLeavesNothingBehind() {
        for (int i = 0; i < 3; i++) {
            read(index, attribute(3, u32(1)), attribute(11, u32(0)));
        }
        byte[] broken = attribute(12, u32(0));
        broken[0] = 99;
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> read(index, attribute(7, u32(1)), broken));
        read(index, attribute(3, u32(1)), attribute(11, u32(0)));
        assertThat(index.position(Sample.NAME.type())).isZero();
        assertThat(index.position(Sample.ID.type())).isEqualTo(1);
        assertThat(index.position(Sample.TYPE.type())).isEqualTo(9);
    }

    @Test
    void moreThanIsComparedIsFoundAnewEachTime() {
        for (int i = 0; i < 3; i++) {
            byte[][] many = new byte[40][];
            for (int j = 0; j < many.length; j++) {
                many[j] = attribute(j == 39 - i ? 3 : 7, u32(j));
            }
            read(index, many);
            assertThat(index.position(Sample.ID.type())).isEqualTo((39 - i) * 8 + 1);
        }
    }

    @Property(tries = 500)
    void itFindsWhatOneThatIsNewFinds(@ForAll long seed) {
        Random random = new Random(seed);
        AttributeIndex reused = new AttributeIndex(Sample.LEAF);
        byte[][] parts = {};
        for (int i = 0; i < 20; i++) {
            // Every other time like before, but for the values.
            if (random.nextBoolean()) {
                parts = new byte[random.nextInt(24)][];
                for (int j = 0; j < parts.length; j++) {
                    parts[j] = attribute(random.nextInt(18), new byte[random.nextInt(3) * 4]);
                    parts[j][0] += (byte) (random.nextInt(60) == 0 ? 1 + random.nextInt(90) : 0);
                }
            }
            AttributeIndex fresh = new AttributeIndex(Sample.LEAF);
            assertThat(outcome(reused, parts)).isEqualTo(outcome(fresh, parts));
        }
    }

    private Attributes next(AttributeIndex reused, byte[]... parts) {
        byte[] all = concat(parts);
        return new Attributes(reused, Received.of(MemorySegment.ofArray(all)), 0, all.length);
    }

    @Test
    void equalValuesOfSuccessiveMessagesAreTheSameObjects() {
        List<Optional<String>> texts = new ArrayList<>();
        List<OptionalInt> numbers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Attributes attributes = next(index, attribute(3, u32(1_000_000)), attribute(7, text("noqueue")));
            texts.add(attributes.find(Sample.NAME));
            numbers.add(attributes.find(Sample.ID));
        }
        assertThat(texts.get(2)).contains("noqueue").isSameAs(texts.get(1));
        assertThat(numbers.get(2)).hasValue(1_000_000).isSameAs(numbers.get(1));
    }

    @Test
    void whatDiffersIsReadAnewHoweverOftenItChanges() {
        String[] texts = {"eth0", "eth1", "eth1", "eth", "et\u00e9", "et\udce9", "", "eth0"};
        for (int i = 0; i < 100; i++) {
            String name = texts[i % texts.length];
            int number = i % 3;
            Attributes attributes = next(
                    index,
                    attribute(3, u32(number)),
                    attribute(5, u32(number + 1)),
                    attribute(7, KernelText.encode(name + (i % 2 == 0 ? "" : "\0"))),
                    attribute(11, u32(number)));
            assertThat(attributes.find(Sample.NAME)).contains(name);
            assertThat(attributes.get(Sample.NAME)).isEqualTo(name);
            assertThat(attributes.find(Sample.ID)).hasValue(number);
            assertThat(attributes.findUnsigned(Sample.ID)).hasValue(number);
            assertThat(attributes.find(Sample.UINT)).hasValue(number + 1L);
            assertThat(attributes.find(Sample.TYPE, value -> "a" + value)).contains("a" + number);
            assertThat(attributes.find(Sample.TYPE, value -> "b" + value)).contains("b" + number);
        }
    }

    @Test
    void aNestIsReadAnewInEachMessage() {
        AttributeIndex reused = new AttributeIndex(Sample.TOP);
        for (int i = 0; i < 20; i++) {
            String kind = i % 4 < 2 ? "leaf" : "lease";
            byte[] data = attribute(2, attribute(i % 4 < 2 ? 3 : 1, u32(i)));
            byte[] lease = attribute(2, attribute(1, u32(i)), attribute(2, attribute(3, u32(i + 1))));
            Attributes top = next(reused, lease, attribute(4, attribute(1, text(kind)), data));
            Attributes first = top.get(Sample.LEASE);
            assertThat(top.get(Sample.LEASE).get(Sample.QUEUE).get(Sample.ID)).isEqualTo(i + 1);
            assertThat(first.get(Sample.LEASE_IFINDEX)).isEqualTo(i);
            Attributes inside = top.get(Sample.LINK).get(Sample.DATA);
            assertThat(inside.get(i % 4 < 2 ? Sample.ID : Sample.LEASE_IFINDEX)).isEqualTo(i);
        }
    }

    /** Where it finds them, or that it does not. */
    private static String outcome(AttributeIndex index, byte[][] parts) {
        try {
            read(index, parts);
        } catch (MalformedMessageException e) {
            return String.valueOf(e.getMessage());
        }
        return positions(index) + " " + index.unknown();
    }
}
