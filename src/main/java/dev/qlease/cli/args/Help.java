package dev.qlease.cli.args;

import org.jspecify.annotations.Nullable;

/** The parts of help texts beside descriptions and options. */
final class Help {
    static final String PROGRAM =
            "Leases receive queues of NICs to containers, sends and receives device memory, and shows"
                    + " the kernel's view of both.";

    private static final String COMMON = """
            DEV is a device's name, alternative name or ifindex; all devices if omitted.
            NETNS is a name below /run/netns, a path with a slash in it, or the PID of a process.
            Names are escaped as in the output: \\xff is a byte that is not UTF-8, and \\\\ a backslash.
            With --json, lists are arrays of objects with the kernel's names; an error is an object
            with "error" on standard error, and standard output is empty then.
            QLEASE_DEBUG=1 has the effect of --debug; qlease COMMAND --help describes a command's options.
            """;

    private static final String LEASE_CREATE = """
            --netns is the container's namespace. Options marked ... take several values, separated by commas, and
            may be repeated. The guest's peers need a route to its addresses via an address of the NIC.
            """;

    private static final String FILES = """
            FILE is a file in YAML or JSON, or - for standard input; if none is given, /etc/qlease/*.yaml, *.yml and
            *.json are read. --netns is the namespace of the NICs. Leases that no apply has created are never deleted.
            """;

    private static final String APPLY = FILES + """
            With --timeout, the changes are confirmed by Enter on a terminal or by qlease apply --confirm from another
            one; otherwise they are rolled back in time, even if this process is killed.
            """;

    private static final String LEASES = """
            --netns is the namespace of the NICs.
            """;

    private static final String SEND = """
            FILE is a file; standard input if it is - or omitted. BYTES may end in K, M or G.
            MEMORY is udmabuf, udmabuf:huge (huge pages), dma-heap[:NAME], drm[:FILE], cuda, hip, or
            fd:N for a dma-buf inherited as file descriptor N; auto takes the first that works, udmabuf last.
            """;

    private static final String RECEIVE = """
            Accepts one connection and exits when it ends. On a netkit guest, all leased queues are used if --queue is
            omitted; on a NIC, --queue is required, and flow rules must steer the connection there: ethtool -N.
            PATTERN is a number N for the bytes 1, 2 ... N-1 and a newline, repeated, as for qlease ncdevmem -v.
            With --out /dev/null, nothing is copied out of the device's memory. A summary goes to standard output, or
            to standard error if the data goes to standard output. BYTES may end in K, M or G.
            MEMORY is as for send; pieces larger than a page require udmabuf:huge or memory of a device.
            """;

    private static final String NCDEVMEM = """
            The selftests run it as bin/ncdevmem, beside bin/qlease. All settings of the NIC that it changes are
            restored when it ends, even by a signal. A summary of what was received goes to standard error.
            """;

    private Help() {}

    /** Returns the text that follows the options of {@code command}, or of the program if it is null. */
    static String of(@Nullable Command command) {
        return switch (command) {
            case null -> COMMON;
            case LEASE_CREATE -> LEASE_CREATE + "\n" + COMMON;
            case PLAN, VERIFY -> FILES + "\n" + COMMON;
            case APPLY -> APPLY + "\n" + COMMON;
            case EXPORT, ROLLBACK, HISTORY -> LEASES + "\n" + COMMON;
            case SEND -> SEND + "\n" + COMMON;
            case RECEIVE -> RECEIVE + "\n" + COMMON;
            case NCDEVMEM -> NCDEVMEM;
            default -> COMMON;
        };
    }
}
