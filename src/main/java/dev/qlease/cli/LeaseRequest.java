package dev.qlease.cli;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code qlease lease create} was told to make. */
final class LeaseRequest {
    private final Arguments arguments;

    LeaseRequest(Arguments arguments) {
        this.arguments = arguments;
    }

    /**
     * Makes sense of the options.
     *
     * @param netns what --netns names; null if it was not given
     * @throws CommandException if they make none
     */
    LeaseSpec spec(@Nullable NetworkNamespace netns) {
        String nic = arguments.value(Option.NIC);
        if (nic == null || nic.isEmpty()) {
            throw missing(Option.NIC);
        }
        if (netns == null) {
            throw missing(Option.NETNS);
        }
        if (arguments.has(Option.QUEUE) && arguments.has(Option.QUEUES)) {
            throw usage("--queue names the queues and --queues counts them: give one of the two");
        }
        try {
            return collect(LeaseSpec.of(nic, netns)).build();
        } catch (IllegalArgumentException e) {
            throw usage(Failure.message(e));
        }
    }

    private LeaseSpec.Builder collect(LeaseSpec.Builder spec) {
        if (arguments.has(Option.SINGLE)) {
            spec.single().redirect(Redirect.NONE);
        }
        number(Option.QUEUES).ifPresent(spec::count);
        if (arguments.has(Option.QUEUE)) {
            spec.queues(arguments.values(Option.QUEUE).stream()
                    .map(text -> number(Option.QUEUE, text))
                    .toList());
        }
        text(Option.GUEST).ifPresent(spec::guest);
        text(Option.HOST).ifPresent(spec::host);
        arguments.values(Option.ADDRESS).forEach(address -> spec.address(IpPrefix.parse(address)));
        arguments.values(Option.ROUTE).forEach(network -> spec.route(IpPrefix.parse(network)));
        arguments.values(Option.PORT).forEach(port -> spec.port(number(Option.PORT, port)));
        text(Option.REDIRECT).map(Redirect::parse).ifPresent(spec::redirect);
        text(Option.MODE).map(LeaseRequest::mode).ifPresent(spec::mode);
        number(Option.RX_RING).ifPresent(spec::rxRing);
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

    private Optional<Integer> number(Option option) {
        return text(option).map(text -> number(option, text));
    }

    private static int number(Option option, String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw usage(option.longName() + " takes a number, not \"" + text + "\"");
        }
        return Integer.parseInt(text);
    }

    private static CommandException missing(Option option) {
        return usage("lease create needs " + option.longName() + " " + option.value() + ": " + option.description());
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + "; see qlease lease create --help");
    }
}
