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

/**
 * A program attached by a BPF link: it stays attached as long as the device exists and a descriptor or a file of the
 * BPF file system holds the link.
 *
 * <p>Owns one descriptor. Closing it detaches the program unless the link is {@linkplain #pin pinned} or otherwise
 * held; so does the end of the process. Thread-safe.
 */
public final class BpfLink implements Attachment {
    static {
        NativeAccess.require();
    }

    /** From linux/netfilter.h, which the bindings do not contain. */
    private static final int NFPROTO_IPV4 = 2;

    private static final int NFPROTO_IPV6 = 10;
    private static final int NF_INET_FORWARD = 2;

    /**
     * Before the filter chains of nftables and iptables, at priority 0. The kernel accepts one BPF program per
     * priority: net/netfilter/core.c.
     */
    private static final int PRIORITY = -77;

    private final FileDescriptor descriptor;

    private BpfLink(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Returns whether this kernel supports links of this type.
     *
     * @throws LinuxException EPERM without CAP_NET_ADMIN
     */
    public static boolean supports(AttachType type) {
        try (Arena arena = Arena.ofConfined()) {
            // Queries device 0: a kernel that knows the type fails with ENODEV.
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
     * Attaches a program after the existing ones. The program may be closed afterwards.
     *
     * @param ifindex the device; for the netkit types the primary end of the pair
     * @param namespace the device's namespace
     * @throws LinuxException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel has no links of this type, or the device has no such hook
     */
    public static BpfLink attach(Program program, AttachType type, int ifindex, NetworkNamespace namespace) {
        String title = program + " at " + type + " of ifindex " + ifindex;
        int fd = program.descriptor().use();
        try {
            int link = namespace.run(() -> create(fd, type, ifindex));
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

    /**
     * Attaches a program of {@link ForwardGuard} to the packets that a network namespace forwards. The program may be
     * closed afterwards. The link keeps the namespace alive until the link is closed and no file holds it.
     *
     * @param ipv6 whether to attach to IPv6 packets; else to IPv4 packets
     * @param namespace the namespace whose packets the program sees; {@link NetworkNamespace#ofCaller()} for that of
     *     the calling thread
     * @throws LinuxException EBUSY if such a program is already attached, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel has no BPF programs for netfilter
     */
    public static BpfLink attachToForwarding(Program program, boolean ipv6, NetworkNamespace namespace) {
        String title = program + " at the forwarding of IPv" + (ipv6 ? 6 : 4);
        int fd = program.descriptor().use();
        try {
            int link = namespace.run(() -> create(fd, ipv6));
            if (link == -Errno.EINVAL.number()) {
                throw new UnsupportedException(new LinuxException(
                        "attach " + title,
                        Errno.EINVAL.number(),
                        "this kernel has no BPF programs for netfilter (CONFIG_NETFILTER_BPF_LINK)"));
            }
            return new BpfLink(
                    FileDescriptor.owning(LinuxException.check(link, "attach " + title), "link of " + title));
        } finally {
            program.descriptor().release();
        }
    }

    private static int create(int program, boolean ipv6) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.LINK_PROG_FD.put(attributes, program);
            BpfField.LINK_ATTACH_TYPE.put(attributes, AttachType.NETFILTER.value());
            BpfField.LINK_NETFILTER_PF.put(attributes, ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
            BpfField.LINK_NETFILTER_HOOKNUM.put(attributes, NF_INET_FORWARD);
            BpfField.LINK_NETFILTER_PRIORITY.put(attributes, PRIORITY);
            return Bpf.bpf(Uapi.BPF_LINK_CREATE(), attributes);
        }
    }

    /** Explains the kernel's error in the exception's message. */
    private static LinuxException refused(String operation, int number, AttachType type) {
        if (number == Errno.EINVAL.number() && !supports(type)) {
            return new UnsupportedException(new LinuxException(
                    operation, Errno.EOPNOTSUPP.number(), "this kernel has no BPF links of type " + type));
        }
        if (!type.isTcx() && number == Errno.ENXIO.number()) {
            return new LinuxException(operation, number, "it is not a netkit device");
        }
        if (!type.isTcx() && number == Errno.EACCES.number()) {
            return new LinuxException(operation, number, "it is not the primary end of its netkit pair");
        }
        return LinuxException.of(operation, number);
    }

    /**
     * Opens the link in a file of the BPF file system.
     *
     * @throws LinuxException ENOENT if there is no such file
     * @throws BpfFileException if the file holds something else
     */
    public static BpfLink openPinned(Path path) {
        return new BpfLink(BpfObject.openPinned(path, BpfObject.Kind.LINK));
    }

    /**
     * Pins the link to a file of the BPF file system, by convention below /sys/fs/bpf. Deleting the file unpins it.
     *
     * @param path a new file without a dot in its name, in an existing directory
     * @throws LinuxException EEXIST if the file exists, or with an explanation if there is no BPF file system
     */
    public void pin(Path path) {
        BpfObject.pin(descriptor, path);
    }

    /**
     * Detaches the program from the device, even if other processes or files hold the link, which then remains without
     * a device.
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
     * Returns the kernel's information about the link.
     *
     * @throws LinuxException if the kernel refuses
     */
    public BpfLinkInfo info() {
        return BpfObject.info(descriptor, BpfLinkInfo::of);
    }

    @Override
    public int programId() {
        return info().progId();
    }

    /**
     * Closes the descriptor, which detaches the program unless a file or another process holds the link. Idempotent.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
