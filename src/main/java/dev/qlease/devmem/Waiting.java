package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Files;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Waits for a socket, or until {@link #wake woken}. Allocates nothing a wait. For one waiting thread at a time. */
final class Waiting implements AutoCloseable {
    private final FileDescriptor eventfd;

    /** The socket, and what wakes. */
    private final MemorySegment both;

    /** The second of them alone. */
    private final MemorySegment woken;

    Waiting(FileDescriptor socket, Arena arena) {
        this(
                socket,
                arena,
                FileDescriptor.owning(
                        LinuxException.check(Files.eventfd(0, Libc.EFD_CLOEXEC()), "eventfd"), "eventfd"));
    }

    private Waiting(FileDescriptor socket, Arena arena, FileDescriptor eventfd) {
        this.eventfd = eventfd;
        this.both = pollfd.allocateArray(2, arena);
        this.woken = pollfd.asSlice(both, 1);
        pollfd.fd(both, socket.number());
        pollfd.fd(woken, eventfd.number());
        pollfd.events(woken, (short) Libc.POLLIN());
    }

    /** Of the same socket for another thread, woken with this one, which it need not outlive or be closed beside. */
    Waiting another(FileDescriptor socket, Arena arena) {
        return new Waiting(socket, arena, eventfd);
    }

    /** Whether the last {@link #poll} found one of {@code events}. */
    boolean has(int events) {
        return (pollfd.revents(both) & events) != 0;
    }

    /** Waits for {@code events}, an error, completions among them, or waking; false if {@code deadline} was over before. */
    boolean poll(int events, long deadline) {
        pollfd.events(both, (short) events);
        return LinuxException.check(Events.poll(both, 2, deadline), "poll of a devmem socket") > 0;
    }

    /** Waits for waking alone. */
    void pause(long deadline) {
        LinuxException.check(Events.poll(woken, 1, deadline), "poll of an eventfd");
    }

    /** Ends all waiting, now and later. */
    void wake() {
        try (Arena local = Arena.ofConfined()) {
            LinuxException.check(
                    Files.write(eventfd.number(), local.allocateFrom(Libc.C_LONG, 1L), Long.BYTES),
                    "write of an eventfd");
        }
    }

    @Override
    public void close() {
        eventfd.close();
    }
}
