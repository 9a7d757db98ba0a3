package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.msghdr;
import dev.qlease.ffi.uapi.dmabuf_cmsg;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Control messages as tcp_recvmsg_dmabuf in net/ipv4/tcp.c leaves them, and as they must not be. */
class ReceiveBatchControlTest {
    private static final int FRAGMENTS = 6;
    private static final long SPACE = FRAGMENTS * ControlMessages.space(dmabuf_cmsg.sizeof());

    private final Arena arena = Arena.ofConfined();
    private final ReceiveBatch batch = ReceiveBatch.allocate(1 << 16, FRAGMENTS);
    private final Usage usage = new Usage("a socket", () -> {});
    private final ControlMessages written = new ControlMessages();
    private TcpSocket socket;
    private DevmemReceiver source;
    private MemorySegment header;
    private long length;

    @BeforeEach
    void begin() {
        socket = TcpSocket.open(NetworkNamespace.ofCaller());
        source = new DevmemReceiver(socket, arena, usage, null, null);
        // As of a closed socket: nothing goes back from here.
        usage.close();
        header = batch.header();
        written.rewind(msghdr.msg_control(header).reinterpret(SPACE));
    }

    @AfterEach
    void end() {
        batch.close();
        socket.close();
        arena.close();
    }

    private void device(long offset, int size, int token, int binding) {
        length = written.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF(), dmabuf_cmsg.sizeof());
        dmabuf_cmsg.frag_offset(written.data(), offset);
        dmabuf_cmsg.frag_size(written.data(), size);
        dmabuf_cmsg.frag_token(written.data(), token);
        dmabuf_cmsg.dmabuf_id(written.data(), binding);
    }

    private void linear(int size) {
        length = written.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_LINEAR(), dmabuf_cmsg.sizeof());
        dmabuf_cmsg.frag_size(written.data(), size);
    }

    private void fill(long received) {
        msghdr.msg_controllen(header, length);
        batch.fill(received, source);
    }

    @Test
    void fragmentsBeforeAndAfterOtherMessagesAreRead() {
        device(0, 4096, 4, 2);
        device(1L << 40, 4096, Integer.MAX_VALUE, 1);
        written.append(Libc.SOL_TCP(), Libc.TCP_CM_INQ(), Integer.BYTES);
        device(4096, 7, 6, 2);
        linear(3);
        fill(4096 + 4096 + 7 + 3);
        assertThat(batch.count()).isEqualTo(4);
        assertThat(batch.deviceBytes()).isEqualTo(4096 + 4096 + 7);
        assertThat(batch.offset(1)).isEqualTo(1L << 40);
        assertThat(Arrays.copyOf(batch.tokens(), 4)).containsExactly(4, Integer.MAX_VALUE, 6, -1);
        assertThat(batch.binding(1)).isEqualTo(1);
        assertThat(batch.length(2)).isEqualTo(7);
        assertThat(batch.linear(3).byteSize()).isEqualTo(3);
    }

    @Test
    void fragmentsOfBothKindsStayInTheirOrder() {
        linear(100);
        device(1L << 33, 4096, 7, 2);
        device(8192, 10, 8, 2);
        linear(5);
        device(0, 1, 0, 3);
        fill(100 + 4096 + 10 + 5 + 1);
        assertThat(batch.count()).isEqualTo(5);
        assertThat(batch.isDevice(0)).isFalse();
        assertThat(batch.linear(0).address()).isEqualTo(batch.linear().address());
        assertThat(batch.isDevice(1)).isTrue();
        assertThat(batch.offset(1)).isEqualTo(1L << 33);
        assertThat(batch.binding(1)).isEqualTo(2);
        assertThat(batch.length(2)).isEqualTo(10);
        assertThat(batch.offset(3)).isEqualTo(100);
        assertThat(batch.linear(3).byteSize()).isEqualTo(5);
        assertThatThrownBy(() -> batch.linear(4)).hasMessageContaining("in a dma-buf");
        assertThat(batch.linearBytes()).isEqualTo(105);
        assertThat(batch.deviceBytes()).isEqualTo(4107);
        assertThat(Arrays.copyOf(batch.tokens(), 5)).containsExactly(-1, 7, 8, -1, 0);
        assertThat(batch.run(1, 2)).isEqualTo(2);
        assertThat(batch.run(4, 2)).isZero();
        assertThat(batch).hasToString("4212 bytes in 5 fragments, 105 of them in ordinary memory");
    }

    @Test
    void aFragmentIsKeptOnce() {
        device(0, 10, 4, 1);
        fill(10);
        assertThat(batch.keep(0)).isEqualTo(4);
        assertThatThrownBy(() -> batch.keep(0)).hasMessageContaining("already kept or released");
        source.release(batch);
        assertThatThrownBy(() -> batch.keep(0)).hasMessageContaining("already kept or released");
        assertThat(batch.length(0)).isEqualTo(10);
    }

    @Test
    void messagesOfOtherKindsArePassedOver() {
        length = written.append(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS(), 16);
        device(4096, 10, 1, 1);
        fill(10);
        assertThat(batch.count()).isEqualTo(1);
        assertThat(batch.offset(0)).isEqualTo(4096);
    }

    @Test
    void bytesThatNoMessageTellsOfAreAnError() {
        device(4096, 10, 1, 1);
        device(8192, 20, 2, 1);
        // The second was cut off.
        length -= 8;
        assertThatThrownBy(() -> fill(30))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("30 bytes were received, but the control messages describe 10");
        assertThat(Arrays.copyOf(batch.tokens(), batch.count())).containsExactly(1);
    }

    @Test
    void noMessageAtAllIsPlainDataOnlyIfNoneWasTruncated() {
        fill(77);
        assertThat(batch.linearBytes()).isEqualTo(77);
        batch.empty();
        header = batch.header();
        msghdr.msg_flags(header, Libc.MSG_CTRUNC());
        length = 0;
        assertThatThrownBy(() -> fill(77)).hasMessageContaining("truncated");
    }
}
