package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Of any table and any values: what is built is what is parsed. Of any bytes: the reader survives them. */
class MessagePropertiesTest {
    private final NetlinkSocket socket = new NetlinkSocket(new FakePeer(), NetlinkProtocol.GENERIC);

    /** A table of random numbers and kinds, and with it the values that were put. */
    private static final class Case {
        final Random random;
        final List<Attribute> attributes = new ArrayList<>();
        final AttributeSet set;

        Case(Random random, int depth) {
            this.random = random;
            AttributeSet.Builder table = AttributeSet.table("set-" + depth);
            List<Integer> types = random.ints(1, 200)
                    .distinct()
                    .limit(1 + random.nextInt(12))
                    .boxed()
                    .toList();
            for (int type : types) {
                attributes.add(line(table, type, depth));
            }
            set = table.build();
        }

        private Attribute line(AttributeSet.Builder table, int type, int depth) {
            String name = "a" + type;
            return switch (random.nextInt(depth == 0 ? 9 : 11)) {
                case 0 -> table.u8(type, name);
                case 1 -> table.u16(type, name);
                case 2 -> table.u32(type, name);
                case 3 -> table.u64(type, name);
                case 4 -> table.uint(type, name);
                case 5 -> table.sint(type, name);
                case 6 -> table.text(type, name);
                case 7 -> table.binary(type, name);
                case 8 -> table.flag(type, name);
                case 9 -> table.nest(type, name, new Case(random, depth - 1).set);
                default -> table.nestArray(type, name, new Case(random, depth - 1).set);
            };
        }

        long number() {
            return random.nextLong() >> random.nextInt(64);
        }
    }

    /** Puts a value for some of the attributes of {@code set} and answers them by attribute. */
    private static Map<Attribute, Object> fill(Request request, AttributeSet set, Case from) {
        Map<Attribute, Object> values = new LinkedHashMap<>();
        for (Attribute attribute : set.attributes()) {
            if (!(attribute instanceof Attribute.Pad) && from.random.nextInt(4) > 0) {
                values.put(attribute, put(request, attribute, from));
            }
        }
        return values;
    }

    private static Object put(Request request, Attribute attribute, Case from) {
        long number = from.number();
        switch (attribute) {
            case Attribute.U8 a -> request.put(a, (int) (number &= 0xff));
            case Attribute.U16 a -> request.put(a, (int) (number &= 0xffff));
            case Attribute.U32 a -> request.put(a, (int) (number = (int) number));
            case Attribute.U64 a -> request.put(a, number);
            case Attribute.UInt a -> request.put(a, number);
            case Attribute.SInt a -> request.put(a, number);
            case Attribute.Text a -> {
                String text = "ä€".repeat(from.random.nextInt(5)) + "x".repeat(from.random.nextInt(5));
                request.put(a, text);
                return text;
            }
            case Attribute.Binary a -> {
                byte[] bytes = new byte[from.random.nextInt(40)];
                from.random.nextBytes(bytes);
                request.put(a, bytes);
                return bytes;
            }
            case Attribute.Flag a -> request.put(a);
            case Attribute.Nest a -> {
                Object inside = fill(request.begin(a), a.set(), from);
                request.end();
                return inside;
            }
            case Attribute.NestArray a -> {
                List<Object> elements = new ArrayList<>();
                request.begin(a);
                for (int i = 0; i < from.random.nextInt(4); i++) {
                    elements.add(fill(request.beginElement(i), a.set(), from));
                    request.end();
                }
                request.end();
                return elements;
            }
            default -> throw new AssertionError(attribute);
        }
        return number;
    }

    private static void verify(Attributes a, Map<Attribute, Object> values) {
        assertThat(a.unknown()).isEmpty();
        for (Attribute attribute : a.set().attributes()) {
            assertThat(a.has(attribute)).isEqualTo(values.containsKey(attribute));
        }
        values.forEach((attribute, value) -> verify(a, attribute, value));
    }

    @SuppressWarnings("unchecked")
    private static void verify(Attributes a, Attribute attribute, Object value) {
        switch (attribute) {
            case Attribute.U8 x -> assertThat((long) a.get(x)).isEqualTo(value);
            case Attribute.U16 x -> assertThat((long) a.get(x)).isEqualTo(value);
            case Attribute.U32 x -> assertThat((long) a.get(x)).isEqualTo(value);
            case Attribute.U64 x -> assertThat(a.get(x)).isEqualTo(value);
            case Attribute.UInt x -> assertThat(a.get(x)).isEqualTo(value);
            case Attribute.SInt x -> assertThat(a.get(x)).isEqualTo(value);
            case Attribute.Text x -> assertThat(a.get(x)).isEqualTo(value);
            case Attribute.Binary x ->
                assertThat(a.get(x).toArray(ValueLayout.JAVA_BYTE)).isEqualTo((byte[]) value);
            case Attribute.Flag x -> assertThat(a.get(x)).isTrue();
            case Attribute.Nest x -> verify(a.get(x), (Map<Attribute, Object>) value);
            case Attribute.NestArray x -> {
                List<Object> elements = (List<Object>) value;
                int[] next = {0};
                a.each(x, element -> verify(element, (Map<Attribute, Object>) elements.get(next[0]++)));
                assertThat(next[0]).isEqualTo(elements.size());
            }
            default -> throw new AssertionError(attribute);
        }
    }

    @Property(tries = 500)
    void whatIsBuiltIsParsed(@ForAll Random random) {
        Case table = new Case(random, 2);
        Operation operation = Operation.generic(1, "any", table.set, table.set);
        Request request = socket.request(operation, Sample.FAMILY);
        Map<Attribute, Object> values = fill(request, table.set, table);
        NetlinkMessage message = NetlinkMessage.parse(MemorySegment.ofArray(RequestBytes.of(request)), 0);
        verify(message.attributes(table.set, operation.headerSize()), values);
        MessageFuzz.read(message.attributes(table.set, operation.headerSize()));
    }

    /** A valid message of random content: what mutations of are more telling than noise. */
    static byte[] valid(NetlinkSocket socket, Random random) {
        Request request = socket.request(Sample.GET, Sample.FAMILY);
        Case values = new Case(random, 0);
        request.put(Sample.IFINDEX, random.nextInt());
        fill(request.begin(Sample.LEASE), Sample.LEASE_SET, values);
        request.end().begin(Sample.LIST);
        for (int i = 0; i < 2; i++) {
            fillLeaf(request.beginElement(i), values);
            request.end();
        }
        request.end().begin(Sample.LINK).put(Sample.KIND, random.nextBoolean() ? "leaf" : "lease");
        fillLeaf(request.begin(Sample.DATA), values);
        return RequestBytes.of(request.end().end());
    }

    private static void fillLeaf(Request request, Case values) {
        for (Attribute attribute : Sample.LEAF.attributes()) {
            if (!(attribute instanceof Attribute.Pad) && values.random.nextInt(3) == 0) {
                put(request, attribute, values);
            }
        }
    }

    @Property(tries = 1000)
    void anyBytesAreSurvived(@ForAll @Size(max = 300) byte[] bytes) {
        MessageFuzz.fuzzerTestOneInput(bytes);
    }

    @Property(tries = 1500)
    void damagedMessagesAreSurvived(@ForAll Random random, @ForAll @IntRange(max = 8) int damages) {
        byte[] bytes = Wire.concat(valid(socket, random), valid(socket, random));
        for (int i = 0; i < damages; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(24));
        }
        MessageFuzz.fuzzerTestOneInput(
                Arrays.copyOf(bytes, bytes.length - random.nextInt(random.nextBoolean() ? 1 : 40)));
    }
}
