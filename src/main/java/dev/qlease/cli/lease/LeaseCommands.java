package dev.qlease.cli.lease;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.util.List;

/** {@code qlease lease create}, {@code list}, {@code show}, {@code verify} and {@code delete}. */
public final class LeaseCommands implements AutoCloseable {
    private final Arguments arguments;
    private final Output output;
    private final LeaseOutput shown;
    private final Leases leases;

    /** @param nics the namespace of the NICs */
    private LeaseCommands(Arguments arguments, Output output, NetworkNamespace nics) {
        this.arguments = arguments;
        this.output = output;
        this.shown = new LeaseOutput(output, arguments.has(Option.JSON));
        this.leases = Leases.open(nics);
    }

    /** Runs one of the commands about leases. */
    public static void run(Command command, Arguments arguments, Output output) throws IOException {
        if (command == Command.LEASE_CREATE) {
            create(arguments, output);
            return;
        }
        try (NetworkNamespace nics = Target.namespace(arguments.value(Option.NETNS));
                LeaseCommands commands = new LeaseCommands(arguments, output, nics)) {
            commands.run(command);
        }
    }

    private void run(Command command) throws IOException {
        switch (command) {
            case LEASE_LIST -> shown.leases(leases.list());
            case LEASE_SHOW -> shown.lease(named());
            case LEASE_VERIFY -> verify();
            case LEASE_DELETE -> delete();
            default -> throw new IllegalStateException(command + " is not about leases");
        }
        output.flush();
    }

    /** --netns names the guest's namespace; the NIC is in the command's own. */
    private static void create(Arguments arguments, Output output) throws IOException {
        LeaseRequest request = new LeaseRequest(arguments);
        try (NetworkNamespace guest = Target.namespace(arguments.value(Option.NETNS));
                LeaseCommands commands = new LeaseCommands(arguments, output, NetworkNamespace.ofCaller())) {
            commands.create(request.spec(guest, LeaseCommands::nicName));
        }
    }

    private void create(LeaseSpec spec) throws IOException {
        if (arguments.has(Option.DRY_RUN)) {
            shown.plan(leases.plan(spec));
        } else {
            shown.made(leases.create(spec).keep().info());
        }
        output.flush();
    }

    private static String nicName(String nic) {
        try (Target target = Target.open(null, nic)) {
            return target.link().orElseThrow().ifname();
        }
    }

    private LeaseInfo named() {
        String name = name();
        return leases.find(name).orElseThrow(() -> notFound(name));
    }

    private String name() {
        return arguments
                .argument()
                .orElseThrow(() -> new CommandException(
                        ExitCode.USAGE, "missing name of a lease; qlease lease list lists all leases"));
    }

    private static CommandException notFound(String name) {
        return new CommandException(
                ExitCode.NOT_FOUND, "no lease \"" + name + "\"; qlease lease list lists all leases");
    }

    private void verify() throws IOException {
        LeaseInfo info = named();
        shown.verified(info);
        if (!info.problems().isEmpty()) {
            output.flush();
            throw new CommandException(
                    ExitCode.FAILED,
                    "lease " + info.name() + " is " + info.status().text() + ", not ready");
        }
    }

    private void delete() throws IOException {
        LeaseInfo info = named();
        List<String> left = leases.delete(info.name());
        shown.deleted(info);
        for (String sentence : left) {
            output.note(info.name() + ": " + sentence);
        }
    }

    @Override
    public void close() {
        leases.close();
    }
}
