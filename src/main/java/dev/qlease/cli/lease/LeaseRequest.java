package dev.qlease.cli.lease;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The options of {@code qlease lease create}. */
final class LeaseRequest {
    private final Arguments arguments;
    private final String nic;
    private final Optional<Integer> count;
    private final List<Integer> queues;
    private final List<Integer> ports;
    private final Optional<Integer> rxRing;

    /**
     * Reads the options that can be checked without opening a namespace.
     *
     * @throws CommandException if an option is missing or invalid, or excludes another
     */
    LeaseRequest(Arguments arguments) {
        this.arguments = arguments;
        this.nic = Objects.requireNonNullElse(arguments.value(Option.NIC), "");
        if (nic.isEmpty()) {
            throw missing(Option.NIC);
        }
        if (!arguments.has(Option.NETNS)) {
            throw missing(Option.NETNS);
        }
        this.count = number(Option.QUEUES, 1, LeaseSpec.MOST_QUEUES);
        this.queues = numbers(Option.QUEUE, 0, Values.LAST_QUEUE);
        this.ports = numbers(Option.PORT, 1, Values.LAST_PORT);
        this.rxRing = number(Option.RX_RING, 1, Integer.MAX_VALUE);
        if (count.isPresent() && !queues.isEmpty()) {
            throw usage("--queue and --queues exclude each other: name the queues, or give their number");
        }
    }

    /**
     * Returns the specification of the lease.
     *
     * @param netns the namespace that --netns names
     * @param nicName resolves the value of --nic to the NIC's name
     * @throws CommandException if an option is invalid
     */
    LeaseSpec spec(NetworkNamespace netns, UnaryOperator<String> nicName) {
        try {
            return collect(LeaseSpec.of(nicName.apply(nic), netns)).build();
        } catch (IllegalArgumentException e) {
            throw usage(Failure.message(e));
        }
    }

    private LeaseSpec.Builder collect(LeaseSpec.Builder spec) {
        if (arguments.has(Option.SINGLE)) {
            spec.single().redirect(Redirect.NONE);
        }
        count.ifPresent(spec::count);
        if (!queues.isEmpty()) {
            spec.queues(queues);
        }
        text(Option.GUEST).ifPresent(spec::guest);
        text(Option.HOST).ifPresent(spec::host);
        arguments.values(Option.ADDRESS).forEach(address -> spec.address(IpPrefix.parse(address)));
        arguments.values(Option.ROUTE).forEach(network -> spec.route(IpPrefix.parse(network)));
        ports.forEach(spec::port);
        text(Option.REDIRECT).map(Redirect::parse).ifPresent(spec::redirect);
        text(Option.MODE).map(LeaseRequest::mode).ifPresent(spec::mode);
        rxRing.ifPresent(spec::rxRing);
        if (arguments.has(Option.SHARED_TRAFFIC)) {
            spec.sharedTraffic();
        }
        return spec;
    }

    private static NetkitMode mode(String text) {
        return switch (text) {
            case "l2" -> NetkitMode.L2;
            case "l3" -> NetkitMode.L3;
            default -> throw usage("--mode is l2 or l3, not \"" + text + "\"");
        };
    }

    private Optional<String> text(Option option) {
        return Optional.ofNullable(arguments.value(option));
    }

    private Optional<Integer> number(Option option, int least, int most) {
        return text(option).map(text -> Values.number(option.longName(), text, least, most));
    }

    private List<Integer> numbers(Option option, int least, int most) {
        return arguments.values(option).stream()
                .map(text -> Values.number(option.longName(), text, least, most))
                .toList();
    }

    private static CommandException missing(Option option) {
        return usage("lease create needs " + option.longName() + " " + option.value() + ": " + option.description());
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + "; see qlease lease create --help");
    }
}
