package dev.qlease.cli;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** {@code qlease lease create}, {@code list}, {@code show} and {@code delete}. */
final class LeaseCommands implements AutoCloseable {
    private final Arguments arguments;
    private final Output output;
    private final LeaseOutput shown;
    private final @Nullable NetworkNamespace netns;
    private final Leases leases;

    /** @param netns the namespace to make a lease for; for the other commands that of the NICs, if not the own one */
    private LeaseCommands(Command command, Arguments arguments, Output output, @Nullable NetworkNamespace netns) {
        this.arguments = arguments;
        this.output = output;
        this.shown = new LeaseOutput(output, arguments.has(Option.JSON));
        this.netns = netns;
        this.leases = netns == null || command == Command.LEASE_CREATE ? Leases.open() : Leases.open(netns);
    }

    /** Runs one of them. */
    static void run(Command command, Arguments arguments, Output output) throws IOException {
        String name = arguments.value(Option.NETNS);
        try (NetworkNamespace netns = name == null ? null : Target.namespace(name);
                LeaseCommands commands = new LeaseCommands(command, arguments, output, netns)) {
            commands.run(command);
        }
    }

    private void run(Command command) throws IOException {
        switch (command) {
            case LEASE_CREATE -> create();
            case LEASE_LIST -> shown.leases(leases.list());
            case LEASE_SHOW -> shown.lease(named());
            case LEASE_DELETE -> delete();
            default -> throw new IllegalStateException(command + " is about no lease");
        }
        output.flush();
    }

    private void create() throws IOException {
        LeaseSpec spec = new LeaseRequest(arguments).spec(netns);
        if (arguments.has(Option.DRY_RUN)) {
            shown.plan(leases.plan(spec));
        } else {
            shown.made(leases.create(spec).keep().info());
        }
    }

    private LeaseInfo named() {
        String name = arguments
                .argument()
                .orElseThrow(() -> new CommandException(
                        ExitCode.USAGE, "which lease? qlease lease list tells those that there are"));
        return leases.find(name)
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND, "no lease \"" + name + "\"; qlease lease list tells those that there are"));
    }

    private void delete() throws IOException {
        LeaseInfo info = named();
        leases.delete(info.name());
        shown.deleted(info);
    }

    @Override
    public void close() {
        leases.close();
    }
}
