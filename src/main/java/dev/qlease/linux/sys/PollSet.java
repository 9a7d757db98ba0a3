package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Waits for several descriptors at once, or for a wake-up from another thread; poll(2). Owns the memory and the eventfd
 * of the waiting, not the descriptors, which must stay open as long as this object. One thread waits; any may wake it.
 */
public final class PollSet implements AutoCloseable {
    /** There is something to read. */
    public static final int READABLE = Libc.POLLIN();

    /** There is an exceptional condition, such as a change of the mounts of /proc/self/mountinfo; proc(5). */
    public static final int PRIORITY = Libc.POLLPRI();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment fds;
    private final int count;
    private final FileDescriptor eventfd;

    /** A descriptor and the events to wait for; errors are always reported. */
    public record Interest(FileDescriptor descriptor, int events) {}

    /** @throws LinuxException EMFILE if this process has too many descriptors */
    public PollSet(List<Interest> interests) {
        int fd = LinuxException.check(Files.eventfd(0, Libc.EFD_CLOEXEC() | Libc.EFD_NONBLOCK()), "eventfd");
        this.eventfd = FileDescriptor.owning(fd, "eventfd");
        this.count = interests.size();
        this.fds = pollfd.allocateArray(count + 1, arena);
        for (int i = 0; i < count; i++) {
            set(i, interests.get(i).descriptor().number(), interests.get(i).events());
        }
        set(count, fd, READABLE);
    }

    private void set(int index, int fd, int events) {
        pollfd.fd(pollfd.asSlice(fds, index), fd);
        pollfd.events(pollfd.asSlice(fds, index), (short) events);
    }

    /**
     * Waits for events of any descriptor, a wake-up, or the deadline. A wake-up ends one wait.
     *
     * @param deadline by {@link System#nanoTime()}; {@link Events#FOREVER} for none
     * @return the positions of the descriptors that have events
     */
    public List<Integer> await(long deadline) {
        LinuxException.check(Events.poll(fds, count + 1, deadline), "poll");
        List<Integer> ready = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (pollfd.revents(pollfd.asSlice(fds, i)) != 0) {
                ready.add(i);
            }
        }
        if (pollfd.revents(pollfd.asSlice(fds, count)) != 0) {
            try (Arena local = Arena.ofConfined()) {
                long _ = Files.read(eventfd.number(), local.allocate(ValueLayout.JAVA_LONG), Long.BYTES);
            }
        }
        return ready;
    }

    /** Ends the present wait or, if there is none, the next one. Has no effect after closing. */
    public synchronized void wake() {
        if (eventfd.isOpen()) {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment one = local.allocateFrom(ValueLayout.JAVA_LONG, 1L);
                long _ = Files.write(eventfd.number(), one, Long.BYTES);
            }
        }
    }

    /** Frees the memory and closes the eventfd; not during a wait. Idempotent. */
    @Override
    public synchronized void close() {
        if (eventfd.isOpen()) {
            eventfd.close();
            arena.close();
        }
    }
}
