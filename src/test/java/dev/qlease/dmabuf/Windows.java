package dev.qlease.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What every window has in common, whatever memory it is of. */
final class Windows {
    private static final long OFFSET = 4095;
    private static final int SIZE = 10;

    private Windows() {}

    /** Fills a window of {@code dmaBuf} from all kinds of sources, and looks at the memory each time. */
    static void fillEachWay(DmaBuf dmaBuf) throws IOException {
        dmaBuf.memory().write(OFFSET, MemorySegment.ofBuffer(direct("................")));
        MemoryWindow window = dmaBuf.memory().window(OFFSET, SIZE);
        assertThat(window.size()).isEqualTo(SIZE);

        ByteBuffer heap = ByteBuffer.wrap("0123456789abc".getBytes(StandardCharsets.US_ASCII));
        assertThat(window.fill(heap)).isEqualTo(SIZE);
        assertThat(heap.remaining()).isEqualTo(3);
        assertThat(read(dmaBuf)).isEqualTo("0123456789......");
        assertThat(window.fill(heap)).isEqualTo(3);
        assertThat(window.fill(heap)).isZero();
        assertThat(read(dmaBuf)).isEqualTo("abc3456789......");
        assertThat(window.fill(direct("xy"))).isEqualTo(2);
        assertThat(read(dmaBuf)).isEqualTo("xyc3456789......");

        ReadableByteChannel stream =
                Channels.newChannel(new ByteArrayInputStream("ABCDEFGHIJKL".getBytes(StandardCharsets.US_ASCII)));
        assertThat(window.fill(stream)).isEqualTo(SIZE);
        assertThat(read(dmaBuf)).isEqualTo("ABCDEFGHIJ......");
        assertThat(window.fill(stream)).isEqualTo(2);
        assertThat(window.fill(stream)).isEqualTo(-1);
        assertThat(read(dmaBuf)).isEqualTo("KLCDEFGHIJ......");

        Path file = Files.createTempFile("window", "");
        try {
            Files.writeString(file, "file");
            try (FileChannel channel = FileChannel.open(file)) {
                assertThat(window.fill(channel)).isEqualTo(4);
                assertThat(window.fill(channel)).isEqualTo(-1);
            }
        } finally {
            Files.delete(file);
        }
        assertThat(read(dmaBuf)).isEqualTo("fileEFGHIJ......");
        assertThatThrownBy(() -> dmaBuf.memory().window(dmaBuf.size() - 1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static ByteBuffer direct(String text) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(text.length());
        return buffer.put(text.getBytes(StandardCharsets.US_ASCII)).flip();
    }

    private static String read(DmaBuf dmaBuf) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(16);
            dmaBuf.memory().read(OFFSET, bytes);
            return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        }
    }
}
