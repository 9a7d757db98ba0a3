package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Bpf;
import dev.qlease.linux.sys.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A program attached to a device by a link of the kernel: it stays there as long as a descriptor or a file of the BPF file
 * system holds the link, and the device exists.
 *
 * <p>Owns one descriptor. Closing that detaches the program unless the link is {@linkplain #pin pinned}, or held by somebody
 * else; so does the end of the process. Safe for use by many threads.
 */
public final class BpfLink implements Attachment {
    static {
        NativeAccess.require();
    }

    private final FileDescriptor descriptor;

    private BpfLink(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Whether this kernel has links of this type.
     *
     * @throws LinuxException EPERM without CAP_NET_ADMIN
     */
    public static boolean supports(AttachType type) {
        try (Arena arena = Arena.ofConfined()) {
            // Asks what is attached to device 0: a kernel that knows the type says that there is no such device.
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.QUERY_ATTACH_TYPE.put(attributes, type.value());
            int result = Bpf.bpf(Uapi.BPF_PROG_QUERY(), attributes);
            if (result == -Errno.ENODEV.number()) {
                return true;
            }
            if (result == -Errno.EINVAL.number() || UnsupportedException.isMeantBy(-result)) {
                return false;
            }
            throw LinuxException.of("query of BPF programs at " + type, -result);
        }
    }

    /**
     * Attaches a program behind those that are there. It may be closed then.
     *
     * @param ifindex the device; for the netkit types the primary end of the pair
     * @param namespace the device's; null for the calling thread's
     * @throws LinuxException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel has no links of this type, or the device no such place
     */
    public static BpfLink attach(Program program, AttachType type, int ifindex, @Nullable NetworkNamespace namespace) {
        String title = program + " at " + type + " of ifindex " + ifindex;
        int fd = program.descriptor().use();
        try {
            int link = namespace == null ? create(fd, type, ifindex) : namespace.run(() -> create(fd, type, ifindex));
            if (link < 0) {
                throw refused("attach " + title, -link, type);
            }
            return new BpfLink(FileDescriptor.owning(link, "link of " + title));
        } finally {
            program.descriptor().release();
        }
    }

    private static int create(int program, AttachType type, int ifindex) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.LINK_PROG_FD.put(attributes, program);
            BpfField.LINK_TARGET_IFINDEX.put(attributes, ifindex);
            BpfField.LINK_ATTACH_TYPE.put(attributes, type.value());
            return Bpf.bpf(Uapi.BPF_LINK_CREATE(), attributes);
        }
    }

    /** Adds what the kernel means to what it says. */
    private static LinuxException refused(String operation, int number, AttachType type) {
        if (number == Errno.EINVAL.number() && !supports(type)) {
            return new UnsupportedException(new LinuxException(
                    operation, Errno.EOPNOTSUPP.number(), "this kernel has no BPF links of type " + type));
        }
        if (!type.isTcx() && number == Errno.ENXIO.number()) {
            return new LinuxException(operation, number, "it is no netkit device");
        }
        if (!type.isTcx() && number == Errno.EACCES.number()) {
            return new LinuxException(operation, number, "it is not the primary end of its netkit pair");
        }
        return LinuxException.of(operation, number);
    }

    /**
     * Opens the link that a file of the BPF file system holds.
     *
     * @throws LinuxException ENOENT if there is no such file, EINVAL if it holds something else
     */
    public static BpfLink openPinned(Path path) {
        return new BpfLink(BpfObject.openPinnedLink(path));
    }

    /**
     * Has a file of the BPF file system, by custom below /sys/fs/bpf, hold the link from now on. Deleting the file ends
     * that.
     *
     * @param path a new file without a dot in its name, in a directory that exists
     * @throws LinuxException EEXIST if the file exists; saying so, if there is no BPF file system
     */
    public void pin(Path path) {
        BpfObject.pin(descriptor, path);
    }

    /**
     * Takes the program from the device, whoever else holds the link; it stays, attached to nothing.
     *
     * @throws LinuxException if the kernel refuses
     */
    public void detach() {
        int fd = descriptor.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.DETACH_LINK_FD.put(attributes, fd);
            LinuxException.check(Bpf.bpf(Uapi.BPF_LINK_DETACH(), attributes), "detach " + descriptor);
        } finally {
            descriptor.release();
        }
    }

    /**
     * What the kernel says about it.
     *
     * @throws LinuxException if it refuses
     */
    public BpfLinkInfo info() {
        return BpfObject.info(descriptor, BpfLinkInfo::of);
    }

    @Override
    public int programId() {
        return info().progId();
    }

    /** Lets go of the link, which detaches the program unless a file or somebody else holds it. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
