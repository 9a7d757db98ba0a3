package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Sockets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link NonBlockingSocket} that sends. What is in flight is remembered from the first send of device memory
 * on; others than the loop may ask for it, whence the monitor.
 */
final class LoopSending implements Sender {
    private static final int PIECES_IN_FLIGHT = 512;

    private final FileDescriptor descriptor;
    private final List<TxBinding> bindings = new ArrayList<>(1);
    private @Nullable InFlight inFlight;

    /** By send, modulo their most: where it is from. */
    private TxBinding[] origins = {};

    private @Nullable Completions completions;
    private @Nullable LoopMemory memoryOfCompletions;
    private boolean open = true;

    LoopSending(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** As {@link NonBlockingSocket#send}. */
    synchronized long send(Gathering what, boolean more) {
        int flags = Libc.MSG_DONTWAIT() | Libc.MSG_NOSIGNAL() | (more ? Libc.MSG_MORE() : 0);
        TxBinding binding = what.binding();
        if (binding == null) {
            long result = Sockets.sendmsg(descriptor.number(), what.header(), flags);
            return result == -Libc.EAGAIN() ? NonBlockingSocket.FULL : LinuxException.check(result, "sendmsg");
        }
        InFlight sends = remembering(binding);
        long result = sends.hasRoom(what.count())
                ? Sockets.sendmsg(descriptor.number(), what.header(), flags | Libc.MSG_ZEROCOPY())
                : -Libc.ENOBUFS();
        if (result == -Libc.EAGAIN()) {
            return NonBlockingSocket.FULL;
        }
        if (result == -Libc.ENOBUFS()) {
            if (sends.outstanding() == 0) {
                throw Sending.notEvenOne();
            }
            return NonBlockingSocket.LIMITED;
        }
        remember(sends, binding, what, LinuxException.check(result, "sendmsg of device memory"));
        return result;
    }

    private InFlight remembering(TxBinding binding) {
        if (!bindings.contains(binding)) {
            bindings.add(binding);
            binding.add(this);
        }
        if (inFlight == null) {
            inFlight = new InFlight(NonBlockingSocket.MAX_SENDS, PIECES_IN_FLIGHT);
            origins = new TxBinding[NonBlockingSocket.MAX_SENDS];
        }
        return inFlight;
    }

    private void remember(InFlight sends, TxBinding binding, Gathering what, long taken) {
        origins[slot(sends.sends())] = binding;
        sends.begin();
        long left = taken;
        for (int i = 0; left > 0; i++) {
            sends.piece(what.offset(i), Math.min(left, what.length(i)));
            left -= what.length(i);
        }
    }

    private static int slot(long send) {
        return (int) send & (NonBlockingSocket.MAX_SENDS - 1);
    }

    /** Takes what has completed, with memory of the loop's; answers how many sends. */
    synchronized int complete(LoopMemory memory) {
        if (inFlight == null || inFlight.outstanding() == 0) {
            return 0;
        }
        if (completions == null || memoryOfCompletions != memory) {
            completions = new Completions(memory.errors(), inFlight);
            memoryOfCompletions = memory;
        }
        int sends = completions.drain(descriptor.number());
        if (inFlight.outstanding() == 0) {
            notifyAll();
        }
        return sends;
    }

    synchronized long sends() {
        return inFlight == null ? 0 : inFlight.sends();
    }

    synchronized long oldest() {
        return inFlight == null ? 0 : inFlight.oldest();
    }

    @Override
    public synchronized boolean holds(TxBinding binding, long offset, long length) {
        if (inFlight == null) {
            return false;
        }
        for (long send = inFlight.oldest(); send < inFlight.sends(); send++) {
            if (origins[slot(send)] == binding && inFlight.holds(send, offset, length)) {
                return true;
            }
        }
        return false;
    }

    /** Waits for the loop, which takes the completions. */
    @Override
    public synchronized int awaitedOutstanding(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        while (open && inFlight != null && inFlight.outstanding() > 0) {
            long millis = (end - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                break;
            }
            try {
                wait(millis);
            } catch (InterruptedException e) {
                interrupted = true;
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return inFlight == null ? 0 : inFlight.outstanding();
    }

    /** After the last call of the others; what has not completed stays the bindings' to know of. */
    synchronized void close() {
        open = false;
        notifyAll();
        if (inFlight == null || inFlight.outstanding() == 0) {
            bindings.forEach(binding -> binding.remove(this));
        }
    }
}
