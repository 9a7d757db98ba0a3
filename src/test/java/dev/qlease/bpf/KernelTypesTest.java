package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.UnsupportedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Type information as kernels lay it out; linux/btf.h. */
class KernelTypesTest {
    private static final int HEADER = 24;
    private static final int INT = 1;
    private static final int STRUCT = 4;
    private static final int ENUM = 6;
    private static final int ENUM64 = 19;

    @TempDir
    private Path directory;

    private final ByteBuffer types = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());
    private final StringBuilder strings = new StringBuilder("\0");

    private int name(String name) {
        int offset = strings.length();
        strings.append(name).append('\0');
        return offset;
    }

    private void type(String name, int kind, int length, int... more) {
        types.putInt(name(name)).putInt(kind << 24 | length).putInt(4);
        for (int word : more) {
            types.putInt(word);
        }
    }

    private KernelTypes read() throws IOException {
        byte[] names = strings.toString().getBytes(StandardCharsets.US_ASCII);
        types.flip();
        ByteBuffer all = ByteBuffer.allocate(HEADER + types.limit() + names.length)
                .order(ByteOrder.nativeOrder())
                .putShort((short) 0xeb9f)
                .put((byte) 1)
                .put((byte) 0)
                .putInt(HEADER)
                .putInt(0)
                .putInt(types.limit())
                .putInt(types.limit())
                .putInt(names.length)
                .put(types)
                .put(names);
        return KernelTypes.read(Files.write(directory.resolve("vmlinux"), all.array()));
    }

    @Test
    void anEnumeratorIsFoundInTheEnumerationOfItsNameOnly() throws IOException {
        type("int", INT, 0, 32);
        type("mode", ENUM, 2, name("NONE"), 0, name("DMA"), 1);
        type("pair", STRUCT, 1, name("NO_DMA"), 1, 0);
        type("other", ENUM, 1, name("NO_DMA"), 2);
        type("mode", ENUM, 1, name("LAST"), 7);
        KernelTypes known = read();
        assertThat(known.hasEnumerator("mode", "DMA")).isTrue();
        assertThat(known.hasEnumerator("mode", "LAST")).as("the second of two").isTrue();
        assertThat(known.hasEnumerator("mode", "NO_DMA")).isFalse();
        assertThat(known.hasEnumerator("mode", "DM")).isFalse();
        assertThat(known.hasEnumerator("pair", "NO_DMA")).isFalse();
        assertThat(known.hasEnumerator("absent", "DMA")).isFalse();
    }

    @Test
    void enumeratorsOf64BitsAreLonger() throws IOException {
        type("wide", ENUM64, 2, name("FIRST"), 0, 0, name("SECOND"), 1, 0);
        type("after", ENUM, 1, name("THIRD"), 0);
        KernelTypes known = read();
        assertThat(known.hasEnumerator("wide", "SECOND")).isTrue();
        assertThat(known.hasEnumerator("wide", "THIRD")).isFalse();
        assertThat(known.hasEnumerator("after", "THIRD")).isTrue();
    }

    @Test
    void aKernelWithoutTypeInformationIsUnsupported() {
        assertThatThrownBy(() -> KernelTypes.read(directory.resolve("none")))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("CONFIG_DEBUG_INFO_BTF");
    }

    @Test
    void anUnknownKindIsUnsupported() {
        type("future", 31, 0);
        assertThatThrownBy(this::read)
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("type information of unknown kind 31");
    }
}
