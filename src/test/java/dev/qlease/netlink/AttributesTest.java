package dev.qlease.netlink;

import static dev.qlease.netlink.Wire.attribute;
import static dev.qlease.netlink.Wire.concat;
import static dev.qlease.netlink.Wire.hex;
import static dev.qlease.netlink.Wire.text;
import static dev.qlease.netlink.Wire.u32;
import static dev.qlease.netlink.Wire.u64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class AttributesTest {
    private static Attributes leaf(byte[]... attributes) {
        return new Attributes(Sample.LEAF, MemorySegment.ofArray(concat(attributes)));
    }

    private static Attributes top(byte[]... attributes) {
        return new Attributes(Sample.TOP, MemorySegment.ofArray(concat(attributes)));
    }

    private static void malformed(Consumer<Attributes> get, byte[]... attributes) {
        Attributes a = leaf(attributes);
        assertThatExceptionOfType(MalformedMessageException.class).isThrownBy(() -> get.accept(a));
    }

    @Test
    void valuesOfEveryKindAreRead() {
        Attributes a = leaf(
                attribute(1, hex("ff")),
                attribute(2, hex("feff")),
                attribute(3, u32(-1)),
                attribute(4, u64(-2)),
                attribute(5, u32(-1)),
                attribute(6, u32(-1)),
                attribute(7, text("eth0")),
                attribute(8, hex("7f000001")),
                attribute(9));
        assertThat(a.get(Sample.BYTE)).isEqualTo(255);
        assertThat(a.get(Sample.SHORT)).isEqualTo(65_534);
        assertThat(a.get(Sample.ID)).isEqualTo(-1);
        assertThat(a.getUnsigned(Sample.ID)).isEqualTo(4_294_967_295L);
        assertThat(a.get(Sample.COUNT)).isEqualTo(-2);
        assertThat(a.get(Sample.UINT)).isEqualTo(4_294_967_295L);
        assertThat(a.get(Sample.SINT)).isEqualTo(-1);
        assertThat(a.get(Sample.NAME)).isEqualTo("eth0");
        assertThat(a.get(Sample.ADDRESS).toArray(ValueLayout.JAVA_BYTE)).containsExactly(127, 0, 0, 1);
        assertThat(a.get(Sample.FLAG)).isTrue();
    }

    @Test
    void wideValuesOfEitherWidthAreRead() {
        Attributes a = leaf(attribute(5, u64(1L << 40)), attribute(6, u64(-1L << 40)));
        assertThat(a.get(Sample.UINT)).isEqualTo(1L << 40);
        assertThat(a.get(Sample.SINT)).isEqualTo(-1L << 40);
    }

    @Test
    void whatIsAbsentIsEmptyOrMissing() {
        Attributes a = leaf();
        assertThat(a.find(Sample.BYTE)).isEmpty();
        assertThat(a.find(Sample.NAME)).isEmpty();
        assertThat(a.find(Sample.COUNT)).isEmpty();
        assertThat(a.get(Sample.FLAG)).isFalse();
        assertThat(a.unknown()).isEmpty();
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> a.get(Sample.ID))
                .withMessage("leaf: id is missing (EBADMSG)");
    }

    @Test
    void ofRepeatedValuesTheLastCounts() {
        assertThat(leaf(attribute(3, u32(1)), attribute(3, u32(2))).get(Sample.ID))
                .isEqualTo(2);
    }

    @Test
    void repeatedNestsAndListsAreReadInOrder() {
        Attributes a = top(
                attribute(5, attribute(3, u32(1))),
                attribute(3, attribute(1, attribute(3, u32(8))), attribute(0, attribute(3, u32(9)))),
                attribute(5, attribute(3, u32(2))));
        assertThat(a.all(Sample.QUEUES, q -> q.get(Sample.ID))).containsExactly(1, 2);
        assertThat(a.all(Sample.LIST, q -> q.get(Sample.ID))).containsExactly(8, 9);
        assertThat(top().all(Sample.QUEUES, q -> q)).isEmpty();
        assertThat(top().all(Sample.LIST, q -> q)).isEmpty();
    }

    @Test
    void flagsInTheTypeAreNotPartOfTheNumber() {
        Attributes a = top(attribute(0x8000 | 2, attribute(0x4000 | 1, u32(3))));
        assertThat(a.find(Sample.LEASE, lease -> lease.get(Sample.LEASE_IFINDEX)))
                .contains(3);
    }

    @Test
    void textEndsAtItsNulOrItsEnd() {
        assertThat(leaf(attribute(7, hex("61620063"))).get(Sample.NAME)).isEqualTo("ab");
        assertThat(leaf(attribute(7, hex("6162"))).get(Sample.NAME)).isEqualTo("ab");
        assertThat(leaf(attribute(7)).get(Sample.NAME)).isEmpty();
        assertThat(leaf(attribute(7, hex("ff"))).get(Sample.NAME)).isEqualTo("\udcff");
    }

    @Test
    void valuesThatAreTooShortAreMalformed() {
        malformed(a -> a.get(Sample.BYTE), attribute(1));
        malformed(a -> a.get(Sample.SHORT), attribute(2, hex("01")));
        malformed(a -> a.find(Sample.ID), attribute(3, hex("010203")));
        malformed(a -> a.get(Sample.COUNT), attribute(4, u32(1)));
        malformed(a -> a.get(Sample.UINT), attribute(5, hex("0102")));
        malformed(a -> a.get(Sample.UINT), attribute(5, hex("010203040506")));
        malformed(a -> a.find(Sample.SINT), attribute(6, hex("01020304050607080900")));
    }

    @Test
    void lengthsThatLeadOutsideAreMalformed() {
        for (String wrong : new String[] {"03000300", "00000300", "0900030001000000", "ffff0300", "0400090008000300"}) {
            assertThatExceptionOfType(MalformedMessageException.class).as(wrong).isThrownBy(() -> leaf(hex(wrong)));
        }
        Attributes list = top(attribute(3, hex("0900000001000000")));
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> list.all(Sample.LIST, x -> x))
                .withMessageContaining("says it is 9 bytes long, of 8 that are left");
    }

    @Test
    void aTailTooShortForAnAttributeIsPadding() {
        assertThat(leaf(attribute(3, u32(1)), hex("010203")).get(Sample.ID)).isEqualTo(1);
        assertThat(leaf(hex("05000100ff")).get(Sample.BYTE)).isEqualTo(255);
    }

    @Test
    void strangersAreKept() {
        Attributes a = leaf(attribute(3, u32(1)), attribute(99, hex("abcdef")), attribute(0, hex("01")));
        assertThat(a.unknown()).containsExactly(new UnknownAttribute(99, "abcdef"), new UnknownAttribute(0, "01"));
        assertThat(a).hasToString("{id: 1, 99: abcdef, 0: 01}");
    }

    @Test
    void aSiblingSelectsTheTableOfASubMessage() {
        Attributes a = top(attribute(4, attribute(1, text("lease")), attribute(2, attribute(1, u32(5)))));
        assertThat(a.get(Sample.LINK).get(Sample.DATA).get(Sample.LEASE_IFINDEX))
                .isEqualTo(5);
        assertThat(a).hasToString("{link: {kind: \"lease\", data: {ifindex: 5}}}");
    }

    @Test
    void ofAnUnknownKindNothingIsKnown() {
        Attributes data = top(attribute(4, attribute(1, text("vlan")), attribute(2, attribute(1, u32(5)))))
                .get(Sample.LINK)
                .get(Sample.DATA);
        assertThat(data.find(Sample.LEASE_IFINDEX)).isEqualTo(OptionalInt.empty());
        assertThat(data.has(Sample.NETNS)).isFalse();
        assertThat(data.unknown()).containsExactly(new UnknownAttribute(1, "05000000"));
        Attributes kindless = top(attribute(4, attribute(2))).get(Sample.LINK);
        assertThat(kindless.get(Sample.DATA).set()).isSameAs(AttributeSet.EMPTY);
    }

    @Test
    void theLastSiblingSelectsAlsoWhenItIsShown() {
        Attributes a = top(attribute(
                4, attribute(1, text("leaf")), attribute(1, text("lease")), attribute(2, attribute(1, u32(5)))));
        assertThat(a.get(Sample.LINK).get(Sample.DATA).get(Sample.LEASE_IFINDEX))
                .isEqualTo(5);
        assertThat(a.toString()).contains("data: {ifindex: 5}");
    }

    @Test
    void anAttributeOfAnotherTableIsAnErrorOfTheProgram() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> leaf(attribute(3, u32(1))).has(Sample.LEASE_IFINDEX))
                .withMessage("ifindex is not an attribute of leaf");
        assertThatIllegalArgumentException().isThrownBy(() -> top().find(Sample.BYTES, b -> b));
    }

    @Test
    void aTableHasEachNumberOnce() {
        AttributeSet.Builder table = AttributeSet.table("twice");
        table.u8(1, "a");
        table.u16(1, "b");
        assertThatIllegalArgumentException()
                .isThrownBy(table::build)
                .withMessage("twice has two attributes of number 1");
    }
}
