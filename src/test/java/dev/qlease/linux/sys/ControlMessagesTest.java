package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ControlMessagesTest {
    private final ControlMessages messages = new ControlMessages();

    @Test
    void theyAreLaidOutAsTheMacrosDo() {
        byte[] buffer = new byte[48];
        messages.rewind(MemorySegment.ofArray(buffer));
        assertThat(messages.append(1, 79, 4)).isEqualTo(24);
        messages.data().set(ValueLayout.JAVA_INT_UNALIGNED, 0, 0x01020304);
        assertThat(messages.append(2, 3, 8)).isEqualTo(48);
        messages.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, -1);
        assertThat(buffer)
                .containsExactly(java.util.HexFormat.of()
                        .parseHex(("1400000000000000 01000000 4f000000 0403020100000000"
                                        + "1800000000000000 02000000 03000000 ffffffffffffffff")
                                .replace(" ", "")));
        messages.rewind(MemorySegment.ofArray(buffer));
        assertThat(messages.next()).isTrue();
        assertThat(messages.is(1, 79)).isTrue();
        assertThat(messages.is(1, 78)).isFalse();
        assertThat(messages.dataLength()).isEqualTo(4);
        assertThat(messages.next()).isTrue();
        assertThat(messages.is(2, 3)).isTrue();
        assertThat(messages.data().byteSize()).isEqualTo(8);
        assertThat(messages.next()).isFalse();
    }

    @Test
    void spaceIsThatOfTheMacro() {
        assertThat(ControlMessages.space(0)).isEqualTo(16);
        assertThat(ControlMessages.space(1)).isEqualTo(24);
        assertThat(ControlMessages.space(8)).isEqualTo(24);
        assertThat(ControlMessages.space(9)).isEqualTo(32);
    }

    @Test
    void whatHasNoRoomIsRefused() {
        byte[] buffer = new byte[24];
        for (long length : new long[] {9, 25, -1, -16, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 20}) {
            messages.rewind(MemorySegment.ofArray(buffer));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .as("%d", length)
                    .isThrownBy(() -> messages.append(1, 1, length));
            assertThat(messages.append(1, 1, 8)).isEqualTo(24);
        }
    }

    @Test
    void theLastMessageMayLackItsPadding() {
        byte[] buffer = new byte[24];
        messages.rewind(MemorySegment.ofArray(buffer));
        messages.append(1, 1, 4);
        messages.rewind(MemorySegment.ofArray(buffer).asSlice(0, 20));
        assertThat(messages.next()).isTrue();
        assertThat(messages.dataLength()).isEqualTo(4);
        assertThat(messages.next()).isFalse();
    }

    @Property
    void whatIsWrittenIsRead(@ForAll @Size(max = 20) List<@IntRange(max = 100) Integer> lengths) {
        long total = lengths.stream().mapToLong(ControlMessages::space).sum();
        MemorySegment buffer = MemorySegment.ofArray(new byte[(int) total]);
        messages.rewind(buffer);
        long end = 0;
        for (int length : lengths) {
            end = messages.append(length, -length, length);
            messages.data().fill((byte) length);
        }
        assertThat(end).isEqualTo(total);
        messages.rewind(buffer);
        for (int length : lengths) {
            assertThat(messages.next()).isTrue();
            assertThat(messages.is(length, -length)).isTrue();
            byte[] expected = new byte[length];
            Arrays.fill(expected, (byte) length);
            assertThat(messages.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        }
        assertThat(messages.next()).isFalse();
    }

    @Property
    void noBytesLeadOutside(@ForAll @Size(max = 200) byte[] bytes, @ForAll @Size(max = 6) List<Byte> lengths) {
        byte[] seeded = bytes.clone();
        // Lengths that are nearly right get further than noise does.
        for (int i = 0, at = 0; i < lengths.size() && at + 8 <= seeded.length; i++) {
            Arrays.fill(seeded, at, at + 8, (byte) 0);
            seeded[at] = lengths.get(i);
            at += 8 * (1 + Math.floorMod(lengths.get(i), 4));
        }
        messages.rewind(MemorySegment.ofArray(seeded));
        List<Long> sizes = new ArrayList<>();
        while (messages.next()) {
            sizes.add(messages.data().byteSize());
            messages.is(1, 1);
            assertThat(messages.dataLength()).isBetween(0L, (long) seeded.length);
        }
        assertThat(sizes).hasSizeLessThanOrEqualTo(seeded.length / 16);
    }
}
