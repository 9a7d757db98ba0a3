package dev.qlease.netlink;

import static dev.qlease.netlink.Wire.attribute;
import static dev.qlease.netlink.Wire.concat;
import static dev.qlease.netlink.Wire.hex;
import static dev.qlease.netlink.Wire.text;
import static dev.qlease.netlink.Wire.u32;
import static dev.qlease.netlink.Wire.u64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.netlink.AttributePrinter.Found;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class AttributePrinterTest {
    private static String print(AttributeSet set, byte[]... attributes) {
        return AttributePrinter.print(set, MemorySegment.ofArray(concat(attributes)));
    }

    @Test
    void everyKindHasItsForm() {
        assertThat(print(
                        Sample.LEAF,
                        attribute(1, hex("ff")),
                        attribute(3, u32(-1)),
                        attribute(10, u32(0)),
                        attribute(4, u64(-1)),
                        attribute(6, u32(-5)),
                        attribute(8, hex("c0000201")),
                        attribute(9),
                        attribute(11, u32(1)),
                        attribute(11, u32(7)),
                        attribute(12, u32(0x15)),
                        attribute(13, u32(-1)),
                        attribute(14, hex("c0ffee"))))
                .isEqualTo("{byte: 255, id: 4294967295, count: 18446744073709551615, sint: -5, address: 192.0.2.1,"
                        + " flag: true, type: tx, type: 7, features: [a, c, 0x10], netns-id: -1, bytes: c0ffee}");
    }

    @Test
    void listsAreInBrackets() {
        assertThat(print(Sample.TOP, attribute(3, attribute(0, attribute(3, u32(1))), attribute(1))))
                .isEqualTo("{list: [{id: 1}, {}]}");
    }

    @Test
    void whatMakesNoSenseIsShownInHexadecimal() {
        assertThat(print(Sample.LEAF, attribute(3, hex("010203")))).isEqualTo("{id: 010203}");
        assertThat(print(Sample.LEAF, attribute(3, u32(1)), hex("ff00030000"))).isEqualTo("{id: 1, rest: ff00030000}");
        assertThat(print(Sample.TOP, attribute(3, hex("ffff0000")))).isEqualTo("{list: [rest: ffff0000]}");
        assertThat(print(Sample.LEAF, attribute(8, hex("0102")))).isEqualTo("{address: 0102}");
    }

    @Test
    void textOfOthersCannotPretendOrReachTheTerminal() {
        assertThat(print(Sample.LEAF, attribute(7, text("a\", id: 1\\\n\u001b[2J\u202eb"))))
                .isEqualTo("{name: \"a\\\", id: 1\\\\\\u000a\\u001b[2J\\u202eb\"}");
    }

    private static final MemorySegment NESTED = MemorySegment.ofArray(concat(
            attribute(1, u32(7)), // 0
            attribute(2, attribute(1, u32(2)), attribute(2, attribute(3, u32(3)))), // 8: 12, 20: 24
            attribute(3, attribute(1, attribute(3, u32(3)), attribute(7, text("x")))), // 32: 36: 40, 48
            attribute(4, attribute(1, text("leaf")), attribute(2, attribute(3, u32(1)))))); // 56: 60, 72: 76

    private static String path(long offset) {
        Found found = AttributePrinter.find(Sample.TOP, NESTED, offset);
        return found == null ? null : found.path();
    }

    @Test
    void anOffsetIsFoundByItsPath() {
        assertThat(path(0)).isEqualTo("ifindex");
        assertThat(path(8)).isEqualTo("lease");
        assertThat(path(12)).isEqualTo("lease.ifindex");
        assertThat(path(20)).isEqualTo("lease.queue");
        assertThat(path(24)).isEqualTo("lease.queue.id");
        assertThat(path(28)).isEqualTo("lease.queue.id");
        assertThat(path(60)).isEqualTo("link.kind");
        assertThat(path(76)).isEqualTo("link.data.id");
    }

    @Test
    void elementsOfAListAreFoundByTheirNumber() {
        assertThat(path(32)).isEqualTo("list");
        assertThat(path(36)).isEqualTo("list.1");
        assertThat(path(40)).isEqualTo("list.1.id");
        assertThat(path(48)).isEqualTo("list.1.name");
    }

    @Test
    void offsetsOutsideFindNothing() {
        assertThat(path(-1)).isNull();
        assertThat(path(NESTED.byteSize())).isNull();
        assertThat(path(Long.MAX_VALUE)).isNull();
        assertThat(path(Long.MIN_VALUE)).isNull();
    }

    @Test
    void whatIsFoundKnowsItsInside() {
        assertThat(AttributePrinter.find(Sample.TOP, NESTED, 20)).isEqualTo(new Found("lease.queue", Sample.LEAF));
        assertThat(AttributePrinter.find(Sample.TOP, NESTED, 36)).isEqualTo(new Found("list.1", Sample.LEAF));
        assertThat(AttributePrinter.find(Sample.TOP, NESTED, 72)).isEqualTo(new Found("link.data", Sample.LEAF));
        assertThat(AttributePrinter.find(Sample.TOP, NESTED, 0)).isEqualTo(new Found("ifindex", null));
    }
}
