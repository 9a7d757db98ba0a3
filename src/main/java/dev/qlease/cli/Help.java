package dev.qlease.cli;

import org.jspecify.annotations.Nullable;

/** What {@code --help} prints beside descriptions and options. */
final class Help {
    static final String PROGRAM =
            "Leases receive queues of NICs to containers, and sends and receives device memory; shows"
                    + " what the kernel knows of both.";

    private static final String COMMON = """
            DEV is a device's name, another name of it, or its ifindex; all devices if it is left out.
            NETNS is a name below /run/netns, a path with a slash in it, or the PID of a process.
            With --json, lists are an array of objects with the kernel's names; errors are an object
            with "error" on standard error, and nothing is on standard output then.
            QLEASE_DEBUG=1 does what --debug does; qlease COMMAND --help tells the options of a command.
            """;

    private static final String LEASE_CREATE = """
            --netns is the container's namespace. What takes several values takes them with commas between, or
            again. The peers of the guest need a route to its addresses by an address of the NIC.
            """;

    private static final String SEND = """
            FILE is a file, or - or nothing for standard input. BYTES may end in K, M or G.
            MEMORY is udmabuf, udmabuf:huge (pages of 2 MiB), dma-heap[:NAME], drm[:FILE], cuda, hip, or
            fd:N for a dma-buf that was inherited as descriptor N; auto takes the first that works, udmabuf last.
            """;

    private static final String RECEIVE = """
            Receives one connection and ends with it. Of a netkit guest all leased queues are taken if --queue is left
            out; of a NIC it has to say which, and flow rules have to bring the connection there: ethtool -N.
            PATTERN is a number N: the bytes 1, 2 ... N-1 and a newline, which is what qlease ncdevmem -v takes, too.
            To /dev/null nothing is copied out of the device's memory. A summary goes to standard output, or to
            standard error if that has the data. BYTES may end in K, M or G.
            MEMORY is as for send; pieces larger than a page take udmabuf:huge, or memory of a device.
            """;

    private static final String NCDEVMEM = """
            The selftests find it as ncdevmem, which the package has beside qlease. All that it sets up of the NIC is
            put back when it ends, be it by a signal. What came is told of on standard error.
            """;

    private Help() {}

    /** What there is to say of {@code command} after its options; null for the program. */
    static String of(@Nullable Command command) {
        return switch (command) {
            case null -> COMMON;
            case LEASE_CREATE -> LEASE_CREATE + "\n" + COMMON;
            case SEND -> SEND + "\n" + COMMON;
            case RECEIVE -> RECEIVE + "\n" + COMMON;
            case NCDEVMEM -> NCDEVMEM;
            default -> COMMON;
        };
    }
}
