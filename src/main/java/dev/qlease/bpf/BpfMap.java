package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Bpf;
import dev.qlease.linux.sys.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A map of numbers in the kernel that BPF programs and processes share: an array or a hash table with int keys and long
 * values; bpf(2).
 *
 * <p>Owns one descriptor. The kernel frees the map when no descriptor, no program and no {@linkplain #pin pinned} file
 * holds it. Creating one requires CAP_BPF or CAP_SYS_ADMIN. Thread-safe.
 */
public final class BpfMap implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.]{1,15}");

    private final FileDescriptor descriptor;

    private BpfMap(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Creates an array of {@code entries} zeros, with the keys 0 to {@code entries - 1}.
     *
     * @param name 1 to 15 letters, digits, dots and underscores, which bpftool shows
     * @throws LinuxException EPERM without the privilege
     * @throws UnsupportedException if this kernel has no bpf(2)
     */
    public static BpfMap array(String name, int entries) {
        return create(Uapi.BPF_MAP_TYPE_ARRAY(), name, entries);
    }

    /**
     * Creates an empty hash table.
     *
     * @param name 1 to 15 letters, digits, dots and underscores, which bpftool shows
     * @throws LinuxException EPERM without the privilege
     * @throws UnsupportedException if this kernel has no bpf(2)
     */
    public static BpfMap hash(String name, int maxEntries) {
        return create(Uapi.BPF_MAP_TYPE_HASH(), name, maxEntries);
    }

    private static BpfMap create(int type, String name, int entries) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("the name of a BPF map is 1 to 15 letters, digits, dots and"
                    + " underscores, not \"" + name + "\"");
        }
        if (entries < 1) {
            throw new IllegalArgumentException("a BPF map has 1 entry or more, not " + entries);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.MAP_TYPE.put(attributes, type);
            BpfField.KEY_SIZE.put(attributes, Integer.BYTES);
            BpfField.VALUE_SIZE.put(attributes, Long.BYTES);
            BpfField.MAX_ENTRIES.put(attributes, entries);
            BpfField.MAP_NAME.put(attributes, name);
            String title = "BPF map " + name;
            int fd = LinuxException.check(Bpf.bpf(Uapi.BPF_MAP_CREATE(), attributes), "create " + title);
            return new BpfMap(FileDescriptor.owning(fd, title));
        }
    }

    /**
     * Opens the map in a file of the BPF file system.
     *
     * @throws LinuxException ENOENT if there is no such file
     * @throws BpfFileException if the file holds something else
     */
    public static BpfMap openPinned(Path path) {
        BpfMap map = new BpfMap(BpfObject.openPinned(path, BpfObject.Kind.MAP));
        try {
            BpfMapInfo info = map.info();
            if (info.keySize() != Integer.BYTES || info.valueSize() != Long.BYTES) {
                throw new BpfFileException("the map in " + path + " has keys of " + info.keySize() + " and values of "
                        + info.valueSize() + " bytes instead of 4 and 8: qlease did not create it");
            }
            return map;
        } catch (RuntimeException e) {
            map.close();
            throw e;
        }
    }

    /**
     * Returns the value of {@code key}, or empty if there is no such entry.
     *
     * @throws LinuxException if the kernel refuses
     */
    public OptionalLong get(int key) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            boolean found =
                    call(arena, Uapi.BPF_MAP_LOOKUP_ELEM(), arena.allocateFrom(ValueLayout.JAVA_INT, key), value);
            return found ? OptionalLong.of(value.get(ValueLayout.JAVA_LONG, 0)) : OptionalLong.empty();
        }
    }

    /**
     * Sets the value of {@code key}, whether or not an entry exists.
     *
     * @throws LinuxException E2BIG if the key is out of an array's range, or a hash table is full
     */
    public void put(int key, long value) {
        try (Arena arena = Arena.ofConfined()) {
            call(
                    arena,
                    Uapi.BPF_MAP_UPDATE_ELEM(),
                    arena.allocateFrom(ValueLayout.JAVA_INT, key),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, value));
        }
    }

    /**
     * Removes the entry of {@code key} from a hash table.
     *
     * @return whether there was one
     * @throws LinuxException EINVAL for an array, whose entries cannot be removed
     */
    public boolean remove(int key) {
        try (Arena arena = Arena.ofConfined()) {
            return call(
                    arena,
                    Uapi.BPF_MAP_DELETE_ELEM(),
                    arena.allocateFrom(ValueLayout.JAVA_INT, key),
                    MemorySegment.NULL);
        }
    }

    /**
     * Returns the keys of all entries, in no particular order. Entries that are added or removed during the call may be
     * missing.
     *
     * @throws LinuxException if the kernel refuses
     */
    public List<Integer> keys() {
        List<Integer> keys = new ArrayList<>();
        int most = info().maxEntries();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment next = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment key = MemorySegment.NULL;
            // A hash table starts over if the key has been removed in the meantime; this bounds the loop.
            while (keys.size() < most && call(arena, Uapi.BPF_MAP_GET_NEXT_KEY(), key, next)) {
                keys.add(next.get(ValueLayout.JAVA_INT, 0));
                key = arena.allocateFrom(ValueLayout.JAVA_INT, keys.getLast());
            }
        }
        return keys.stream().distinct().toList();
    }

    /** Runs a command on this map; returns false if there is no such entry. */
    private boolean call(Arena arena, int command, MemorySegment key, MemorySegment value) {
        int fd = descriptor.use();
        try {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.MAP_FD.put(attributes, fd);
            BpfField.KEY.put(attributes, key);
            BpfField.VALUE.put(attributes, value);
            int result = Bpf.bpf(command, attributes);
            if (result == -Errno.ENOENT.number()) {
                return false;
            }
            LinuxException.check(result, "entry of " + descriptor);
            return true;
        } finally {
            descriptor.release();
        }
    }

    /**
     * Pins the map to a file of the BPF file system. Deleting the file unpins it.
     *
     * @param path a new file without a dot in its name, in an existing directory
     * @throws LinuxException EEXIST if the file exists
     */
    public void pin(Path path) {
        BpfObject.pin(descriptor, path);
    }

    /**
     * Returns the kernel's information about the map.
     *
     * @throws LinuxException if the kernel refuses
     */
    public BpfMapInfo info() {
        return BpfObject.info(descriptor, BpfMapInfo::of);
    }

    /** Returns the descriptor, which remains owned by this map. */
    FileDescriptor descriptor() {
        return descriptor;
    }

    /** Closes the descriptor. Idempotent. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
