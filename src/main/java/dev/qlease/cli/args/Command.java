package dev.qlease.cli.args;

import dev.qlease.cli.output.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The commands; parsing, help and completion are derived from them. */
public enum Command {
    QUEUES("queues", "DEV", "List the queues of devices, with their memory and leases."),
    NAPI("napi", "DEV", "List the NAPI instances of devices."),
    PAGE_POOLS("page-pools", "DEV", "List the page pools that receive queues take buffers from.", Option.STATS),
    STATS("stats", "DEV", "Show the counters of drivers.", Option.PER_QUEUE),
    LINKS("links", "DEV", "List the links."),
    MONITOR("monitor", "", "Print events of links, devices and page pools as they occur.", Option.DURATION),
    TOP(
            "top",
            "DEV",
            "Show leases, queues, bindings and page pools with their rates, refreshed in place.",
            Option.SORT,
            Option.INTERVAL,
            Option.ONCE),
    METRICS(
            "metrics",
            "DEV",
            "Print metrics of leases, queues and page pools in the format of Prometheus, or serve them.",
            Option.METRICS_LISTEN),
    LEASE("lease", "", "Lease queues of a NIC to containers: create, list, show, verify and delete leases."),
    LEASE_CREATE(
            "lease create",
            "",
            "Lease queues of a NIC to a container's network namespace, and set up all that its traffic needs.",
            Option.NIC,
            Option.QUEUES,
            Option.QUEUE,
            Option.GUEST,
            Option.HOST,
            Option.ADDRESS,
            Option.ROUTE,
            Option.PORT,
            Option.REDIRECT,
            Option.MODE,
            Option.SINGLE,
            Option.RX_RING,
            Option.SHARED_TRAFFIC,
            Option.DRY_RUN),
    LEASE_LIST("lease list", "", "List the leases of the NICs in a network namespace."),
    LEASE_SHOW("lease show", "LEASE", "Show one lease."),
    LEASE_VERIFY(
            "lease verify",
            "LEASE",
            "Check that a lease is as it was created and that its queues receive only its guest's traffic."),
    LEASE_DELETE("lease delete", "LEASE", "Delete a lease and restore the NIC's settings."),
    PLAN("plan", "FILE...", "Print the difference between the leases that files describe and those of this machine."),
    APPLY(
            "apply",
            "FILE...",
            "Create, change and delete leases as files describe them: all of them or, if one fails, none.",
            Option.CONFIRM_WITHIN,
            Option.CONFIRM),
    VERIFY("verify", "FILE...", "Check that the leases of this machine are as files describe them."),
    WATCH("watch", "FILE...", "Apply what files describe whenever NICs or namespaces appear, or the files change."),
    EXPORT("export", "", "Print the leases of this machine as a file for plan and apply."),
    ROLLBACK("rollback", "", "Roll back the last apply."),
    HISTORY("history", "", "List what was applied and rolled back since this machine was started."),
    SEND(
            "send",
            "FILE",
            "Send a file, or standard input, as device memory over TCP.",
            Option.DEV,
            Option.TO,
            Option.MEMORY,
            Option.SIZE,
            Option.CHUNK,
            Option.TIMEOUT),
    RECEIVE(
            "receive",
            "",
            "Receive one TCP connection's data as device memory.",
            Option.DEV,
            Option.LISTEN,
            Option.QUEUE,
            Option.MEMORY,
            Option.SIZE,
            Option.RX_PAGE_SIZE,
            Option.OUT,
            Option.VERIFY,
            Option.TIMEOUT),
    BENCH(
            "bench",
            "",
            "Measure sending and receiving device memory on this machine against ordinary TCP.",
            Option.DEV,
            Option.TO,
            Option.FROM,
            Option.ONLY,
            Option.QUEUE,
            Option.MEMORY,
            Option.SIZE,
            Option.CHUNKS,
            Option.BYTES,
            Option.TURNS,
            Option.TIMEOUT,
            Option.CSV,
            Option.PLOT,
            Option.SERVE),
    NCDEVMEM("ncdevmem", "", "Replace the kernel selftests' program ncdevmem; takes the same options."),
    CNI("cni", "", "Give containers leased queues, as a CNI plugin that container engines run."),
    CDI("cdi", "", "Give containers of podman, Docker and others leased queues, by the Container Device Interface."),
    CDI_GENERATE(
            "cdi generate",
            "DEV",
            "Write a file of CDI devices, one for each capable NIC, that lease queues to their containers.",
            Option.CDI_OUT,
            Option.QUEUES,
            Option.GUEST,
            Option.ADDRESS,
            Option.ROUTE,
            Option.PORT,
            Option.REDIRECT,
            Option.MODE,
            Option.SINGLE,
            Option.RX_RING,
            Option.SHARED_TRAFFIC),
    CDI_HOOK("cdi hook", "ARGUMENT...", "Create or delete the lease of a container, as a hook that OCI runtimes run."),
    NODE("node", "", "Bind device memory of processes without privileges to the queues leased to their containers."),
    DOCTOR("doctor", "DEV", "Check this machine for everything that leasing and device memory need."),
    COMPLETION("completion", "SHELL", "Print a completion script for bash or zsh."),
    HELP("help", "COMMAND", "Print the help of a command.");

    private final String text;
    private final String argument;
    private final String description;
    private final List<Option> options;

    Command(String text, String argument, String description, Option... own) {
        this.text = text;
        this.argument = argument;
        this.description = description;
        List<Option> all = new ArrayList<>(List.of(own));
        if (text.startsWith("cdi")) {
            all.add(Option.DEBUG);
        } else if (!List.of("help", "completion", "ncdevmem", "cni").contains(text)) {
            all.addAll(List.of(Option.NETNS, Option.JSON, Option.DEBUG));
        }
        all.add(Option.HELP);
        this.options = List.copyOf(all);
    }

    /** Returns the command as typed. */
    public String text() {
        return text;
    }

    /** Returns the command's first word, which is the whole command except for those in groups. */
    public String firstWord() {
        int space = text.indexOf(' ');
        return space < 0 ? text : text.substring(0, space);
    }

    /** Returns the command's second word; empty if it has none. */
    public String secondWord() {
        int space = text.indexOf(' ');
        return space < 0 ? "" : text.substring(space + 1);
    }

    /** Returns the commands whose first word this is; empty unless this is a group. */
    public List<Command> group() {
        return this != LEASE && this != CDI
                ? List.of()
                : Stream.of(values())
                        .filter(other -> other != this && other.firstWord().equals(text))
                        .toList();
    }

    /** Returns the synopsis of what follows the command's words. */
    String synopsis() {
        return switch (this) {
            case LEASE, CDI -> "COMMAND [ARGUMENT] [OPTION]...";
            case NCDEVMEM -> "-f DEV [-l] [-s ADDR -p PORT] [OPTION]...";
            default -> (argument.isEmpty() ? "" : "[" + argument + "] ") + "[OPTION]...";
        };
    }

    /** Returns the name of the optional argument; empty if the command takes none. */
    public String argument() {
        return argument;
    }

    /** Returns whether the command takes any number of arguments. */
    boolean takesArguments() {
        return argument.endsWith("...");
    }

    /** Returns whether the argument names a kernel object, {@linkplain Printable#parse escaped} as in output. */
    boolean takesName() {
        return List.of("DEV", "LEASE").contains(argument);
    }

    String description() {
        return description;
    }

    public List<Option> options() {
        return options;
    }
}
