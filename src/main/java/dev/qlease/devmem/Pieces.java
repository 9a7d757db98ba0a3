package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The message that names pieces of a bound dma-buf: one SCM_DEVMEM_DMABUF with the binding's id, and an iovec for each piece,
 * whose base is an offset. Laid out anew for each send, in the same memory.
 */
final class Pieces {
    private final SocketMessage message;
    private final DmaBuf dmaBuf;

    Pieces(Arena arena, TxBinding binding, int most) {
        this.dmaBuf = binding.dmaBuf();
        this.message = new SocketMessage(arena, 0, most, ControlMessages.space(Integer.BYTES));
        ControlMessages control = new ControlMessages().rewind(message.control());
        message.controlLength(control.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF(), Integer.BYTES));
        control.data().set(ValueLayout.JAVA_INT, 0, binding.id());
    }

    /**
     * Lays out {@code count} pieces.
     *
     * @throws IndexOutOfBoundsException if the dma-buf does not have one of them
     */
    void layOut(long[] offsets, long[] lengths, int count) {
        for (int i = 0; i < count; i++) {
            Gathering.checkRange(dmaBuf, offsets[i], lengths[i]);
            message.piece(i, offsets[i], lengths[i]);
        }
        message.pieces(count);
    }

    /** What sendmsg takes. */
    MemorySegment header() {
        return message.header();
    }
}
