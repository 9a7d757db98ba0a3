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

    private static final String WATCH = """
            FILE is a file in YAML or JSON; if none is given, /etc/qlease/*.yaml, *.yml and *.json are read. --netns is
            the namespace of the NICs. Runs until it is ended by SIGTERM; SIGHUP reads the files and applies all of
            them again. A lease waits for its NIC and its namespace, and one that fails affects no other. What another
            program deletes or changes stays so until the lease's description, NIC or namespace changes, or SIGHUP.
            A service manager is told the state by NOTIFY_SOCKET; qlease.service runs this command.
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
            Without CAP_NET_ADMIN, the memory is bound by qlease node on the host, if /run/qlease/node is mounted here.
            """;

    private static final String BENCH = """
            Run qlease bench --serve ADDR:PORT on another machine first; there it needs no privileges, and measures and
            changes nothing. For each chunk size and direction, runs with device memory and with ordinary TCP take
            turns over the same route. MIB/S is until the last byte has been read at the other end. CPU-S/GIB is the
            user and system time of this process; what the kernel does in softirqs on other processors or in its own
            threads is not in it. COPIED is the part that the kernel copied: of sends, or of bytes received outside
            device memory. CALLS are sendmsg, recvmsg, write or read calls. VS-TCP and CPU-VS-TCP are relative to
            ordinary TCP. No device memory is bound to receive queues while ordinary TCP is measured.
            To receive on a NIC, --queue is required, and flow rules must steer the port of --from there: ethtool -N.
            MEMORY is as for send. BYTES may end in K, M or G.
            """;

    private static final String TOP = """
            COLUMN is name, rx-packets, rx-bytes, tx-packets, tx-bytes, alloc-fail, drops, allocations or inflight; rows
            with the largest values come first. Rates are per second; - is a rate that is not known, such as that of a
            new device. On a terminal: Tab shows one table or all, s sorts by the next column, r reverses the order, the
            arrow keys and Page Up and Down scroll, and q ends. Elsewhere, and with --once, each refresh is printed after
            the other. With --json, each refresh is an object on a line.
            """;

    private static final String METRICS = """
            Without --listen, the metrics are printed once, as OpenMetrics. With --listen, they are served at /metrics in
            the format that the client asks for. A port alone is that of 127.0.0.1; port 0 takes a free one. Anyone who
            can connect can read the metrics, which name devices, leases and namespaces.
            """;

    private static final String NCDEVMEM = """
            The selftests run it as bin/ncdevmem, beside bin/qlease. All settings of the NIC that it changes are
            restored when it ends, even by a signal. A summary of what was received goes to standard error.
            """;

    private static final String CNI = """
            Container engines run it as bin/qlease-cni, with CNI_COMMAND and the other variables of the Container
            Network Interface 1.1.0, and with the configuration of the network on standard input. It prints a result
            or an error as JSON on standard output; with QLEASE_DEBUG=1, netlink messages on standard error.
            """;

    private static final String CDI_GENERATE = """
            Containers get a device with podman run --device qlease.dev/nic=DEV, and with docker run alike. DEV is the
            only NIC to write a device for; all capable ones if omitted. Options are fixed for all containers with the
            device; each one can have the others by annotations: qlease.dev/addresses=CIDR,..., qlease.dev/queues=N,
            and guest, routes, ports, redirect and mode alike. Run it again when NICs or qlease are replaced; to remove
            the devices, delete the file.
            """;

    private static final String CDI = """
            qlease cdi generate --help describes how to give containers leased queues.
            """;

    private static final String CDI_HOOK = """
            ARGUMENT is as cdi generate writes it. Standard input has the state of the container.
            """;

    private static final String NODE = """
            Listens at /run/qlease/node/bindings.sock until it is ended by SIGTERM or SIGINT. Mount the directory
            /run/qlease/node read-only into containers: qlease receive then works there without CAP_NET_ADMIN.
            Prints a line for each binding and each refusal; with --json, an object. Bindings last as long as the
            processes that requested them and do not depend on this one. --netns is the namespace of the NICs.
            qlease-node.service runs this command.
            """;

    private Help() {}

    /** Returns the text that follows the options of {@code command}, or of the program if it is null. */
    static String of(@Nullable Command command) {
        return switch (command) {
            case null -> COMMON;
            case LEASE_CREATE -> LEASE_CREATE + "\n" + COMMON;
            case PLAN, VERIFY -> FILES + "\n" + COMMON;
            case APPLY -> APPLY + "\n" + COMMON;
            case WATCH -> WATCH + "\n" + COMMON;
            case EXPORT, ROLLBACK, HISTORY -> LEASES + "\n" + COMMON;
            case TOP -> TOP + "\n" + COMMON;
            case METRICS -> METRICS + "\n" + COMMON;
            case SEND -> SEND + "\n" + COMMON;
            case BENCH -> BENCH + "\n" + COMMON;
            case RECEIVE -> RECEIVE + "\n" + COMMON;
            case NCDEVMEM -> NCDEVMEM;
            case CNI -> CNI;
            case CDI_GENERATE -> CDI_GENERATE;
            case CDI -> CDI;
            case CDI_HOOK -> CDI_HOOK;
            case NODE -> NODE + "\n" + COMMON;
            default -> COMMON;
        };
    }
}
