package dev.qlease.linux.sys;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Events of directories, by inotify(7). Owns its descriptor; not thread-safe. */
public final class Inotify implements AutoCloseable {
    /** The metadata of a name has changed; a bit of an event's mask, sys/inotify.h. */
    public static final int ATTRIB = 0x4;

    /** A file that was open for writing was closed. */
    public static final int CLOSE_WRITE = 0x8;

    /** A name was moved away. */
    public static final int MOVED_FROM = 0x40;

    /** A name was moved here. */
    public static final int MOVED_TO = 0x80;

    /** A name was created. */
    public static final int CREATE = 0x100;

    /** A name was deleted. */
    public static final int DELETE = 0x200;

    /** The directory itself was deleted or moved, its file system was unmounted, or its watch has ended. */
    public static final int SELF = 0x400 | 0x800 | 0x2000 | 0x8000;

    /** Events were lost; the watch is -1. */
    public static final int OVERFLOW = 0x4000;

    /** The name is that of a directory. */
    public static final int IS_DIRECTORY = 0x40000000;

    private static final int DELETE_OR_MOVE_SELF = 0x400 | 0x800;
    private static final int ONLY_DIRECTORY = 0x01000000;
    private static final int CLOEXEC = 0x80000;
    private static final int NONBLOCK = 0x800;

    /** struct inotify_event: wd, mask, cookie, len, and a name of len bytes. */
    private static final int HEADER = 16;

    private static final int MASK = 4;
    private static final int LENGTH = 12;

    /** Holds at least one event with the longest name. */
    private static final int BUFFER = 1 << 14;

    private final FileDescriptor descriptor;

    private Inotify(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    private static final class Init {
        static final MemorySegment CALL = Native.symbol("inotify_init1");
    }

    private static final class AddWatch {
        static final MemorySegment CALL = Native.symbol("inotify_add_watch");
    }

    private static final class RemoveWatch {
        static final MemorySegment CALL = Native.symbol("inotify_rm_watch");
    }

    /**
     * An event.
     *
     * @param watch the number of the directory's watch
     * @param mask its kind, of the bits above
     * @param name the name in the directory; empty for the directory itself
     */
    public record Event(int watch, int mask, String name) {
        /** Returns whether the mask has one of these bits. */
        public boolean is(int bits) {
            return (mask & bits) != 0;
        }
    }

    /**
     * Opens one without watches.
     *
     * @throws LinuxException EMFILE if the user has too many (fs.inotify.max_user_instances)
     */
    public static Inotify open() {
        int fd = LinuxException.check(Native.call(Init.CALL, CLOEXEC | NONBLOCK, 0), "inotify_init1");
        return new Inotify(FileDescriptor.owning(fd, "inotify"));
    }

    /** Returns the descriptor, which is readable when there are events. Remains owned by this object. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Watches a directory. A directory that is watched already keeps its number.
     *
     * @return the number of the watch; empty if there is no such directory or it may not be read
     * @throws LinuxException ENOSPC if the user has too many watches (fs.inotify.max_user_watches)
     */
    public OptionalInt watch(Path directory) {
        String path = KernelText.text(directory);
        int events = ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_OR_MOVE_SELF;
        try (Arena arena = Arena.ofConfined()) {
            int watch = Native.call(
                    AddWatch.CALL,
                    descriptor.number(),
                    Native.address(KernelText.allocate(arena, path)),
                    events | ONLY_DIRECTORY);
            if (watch == -Errno.ENOSPC.number() || watch == -Errno.ENOMEM.number()) {
                throw LinuxException.of("watch " + path + " (fs.inotify.max_user_watches)", -watch);
            }
            return watch < 0 ? OptionalInt.empty() : OptionalInt.of(watch);
        }
    }

    /** Ends a watch, if it still exists. */
    public void unwatch(int watch) {
        int _ = Native.call(RemoveWatch.CALL, descriptor.number(), watch);
    }

    /** Returns the events that have occurred, without waiting. */
    public List<Event> read() {
        List<Event> events = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER, Long.BYTES);
            long length = Files.read(descriptor.number(), buffer, BUFFER);
            while (length > 0) {
                parse(buffer.asSlice(0, length), events);
                length = Files.read(descriptor.number(), buffer, BUFFER);
            }
            if (length != -Errno.EAGAIN.number()) {
                LinuxException.check(length, "read of inotify");
            }
        }
        return events;
    }

    private static void parse(MemorySegment buffer, List<Event> events) {
        for (long at = 0; buffer.byteSize() - at >= HEADER; ) {
            int length = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at + LENGTH);
            byte[] name = buffer.asSlice(at + HEADER, length).toArray(ValueLayout.JAVA_BYTE);
            int end = 0;
            while (end < name.length && name[end] != 0) {
                end++;
            }
            events.add(new Event(
                    buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at),
                    buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at + MASK),
                    KernelText.decode(java.util.Arrays.copyOf(name, end))));
            at += HEADER + length;
        }
    }

    /** Closes the descriptor, which ends all watches. Idempotent. */
    @Override
    public void close() {
        descriptor.close();
    }
}
