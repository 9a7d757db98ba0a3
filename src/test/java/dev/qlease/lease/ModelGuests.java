package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** The namespaces of the model's guests, which are deleted and made anew, and what others put there and on the host. */
final class ModelGuests implements AutoCloseable {
    static final int SLOTS = 3;

    private static final int FIRST_NAME = 100;

    private final Rtnetlink host;
    private final List<Stranger> strangers = new ArrayList<>();
    private int names = FIRST_NAME;

    /** A device that is none of a lease's. */
    private record Stranger(int slot, int ifindex) {}

    ModelGuests(Rtnetlink host) {
        this.host = host;
        for (int slot = 0; slot < SLOTS; slot++) {
            NetworkNamespace.create(name(slot)).close();
        }
    }

    static String name(int slot) {
        return "qlm" + slot;
    }

    static NetworkNamespace open(int slot) {
        return NetworkNamespace.named(name(slot));
    }

    private static Rtnetlink sockets(int slot) {
        try (NetworkNamespace netns = open(slot)) {
            return Rtnetlink.open(netns);
        }
    }

    /** A lease as it comes, to a guest. */
    static LeaseSpec spec(NetworkNamespace netns, String nic, int slot, Random random) {
        LeaseSpec.Builder spec = LeaseSpec.of(nic, netns).owner("model:" + slot);
        if (random.nextInt(4) == 0) {
            List<Integer> queues = IntStream.range(1, 6)
                    .filter(_ -> random.nextInt(4) == 0)
                    .boxed()
                    .toList();
            if (!queues.isEmpty()) {
                spec.queues(queues);
            }
        } else {
            spec.count(1 + random.nextInt(2));
        }
        switch (random.nextInt(4)) {
            case 0 -> spec.rxRing(64);
            case 1 -> spec.rxRing(128);
            default -> {}
        }
        int kind = random.nextInt(8);
        if (kind == 0) {
            return spec.redirect(Redirect.NONE).single().build();
        }
        spec.mode(random.nextBoolean() ? NetkitMode.L2 : NetkitMode.L3);
        if (kind == 1) {
            return spec.redirect(Redirect.NONE).build();
        }
        spec.address(IpPrefix.parse("198.18." + slot + ".2/24"));
        if (random.nextBoolean()) {
            spec.address(IpPrefix.parse("2001:db8:2:" + slot + "::2/64"));
        }
        if (random.nextInt(3) == 0) {
            spec.port(5000 + slot);
        }
        return spec.redirect(kind < 4 ? Redirect.FORWARD : Redirect.BPF).build();
    }

    /** Makes one change that the owner of a guest or of the host could make, and says which. */
    Optional<String> change(Random random) {
        int slot = random.nextInt(SLOTS);
        try {
            return switch (random.nextInt(6)) {
                case 0 -> renew(slot);
                case 1 -> Optional.of(stranger(slot, random));
                case 2 -> Optional.of(hostStranger());
                case 3 -> renameGuest(slot);
                case 4 -> renameHost(random);
                default -> move(slot, random.nextInt(SLOTS));
            };
        } catch (LinuxException e) {
            return Optional.of("refused: " + e.getMessage());
        }
    }

    private Optional<String> renew(int slot) {
        NetworkNamespace.delete(name(slot));
        NetworkNamespace.create(name(slot)).close();
        strangers.removeIf(stranger -> stranger.slot() == slot);
        return Optional.of("renew " + name(slot));
    }

    private String stranger(int slot, Random random) {
        try (Rtnetlink there = sockets(slot)) {
            LinkSpec spec = LinkSpec.named("nk0");
            Link made = there.links()
                    .create(
                            random.nextBoolean()
                                    ? spec.dummy()
                                    : spec.netkit(NetkitSpec.pair(LinkSpec.named("peer" + names++))));
            strangers.add(new Stranger(slot, made.ifindex()));
            return "another's nk0 in " + name(slot);
        }
    }

    private String hostStranger() {
        String name = "ql" + names % 3;
        Link made = host.links().create(LinkSpec.named(name).dummy());
        strangers.add(new Stranger(-1, made.ifindex()));
        return "another's " + name;
    }

    private Optional<Link> guestEnd(Rtnetlink there, int slot) {
        return there.links().list().stream()
                .filter(link -> link.kind().equals(Optional.of("netkit"))
                        && strangers.stream()
                                .noneMatch(stranger -> stranger.slot() == slot && stranger.ifindex() == link.ifindex()))
                .findFirst();
    }

    private Optional<String> renameGuest(int slot) {
        try (Rtnetlink there = sockets(slot)) {
            Optional<Link> end = guestEnd(there, slot);
            end.ifPresent(link -> there.links().change(link.ifindex(), LinkSpec.named("eth" + names++)));
            return end.map(link -> "rename " + link.ifname() + " in " + name(slot));
        }
    }

    private Optional<String> renameHost(Random random) {
        List<Link> ends = host.links().list().stream()
                .filter(link -> link.kind().equals(Optional.of("netkit")))
                .toList();
        if (ends.isEmpty()) {
            return Optional.empty();
        }
        Link end = ends.get(random.nextInt(ends.size()));
        host.links().change(end.ifindex(), LinkSpec.named("foo" + names++));
        return Optional.of("rename " + end.ifname() + " on the host");
    }

    private Optional<String> move(int from, int to) {
        try (Rtnetlink there = sockets(from);
                NetworkNamespace target = open(to)) {
            Optional<Link> end = from == to ? Optional.empty() : guestEnd(there, from);
            end.ifPresent(link -> there.links().move(link.ifindex(), target));
            return end.map(link -> "move " + link.ifname() + " from " + name(from) + " to " + name(to));
        }
    }

    /** Checks that what is others' is still there, and takes it away. */
    void assertStrangersAreThere() {
        for (Stranger stranger : strangers) {
            try (Rtnetlink where = stranger.slot() < 0 ? Rtnetlink.open() : sockets(stranger.slot())) {
                assertThat(where.links().find(stranger.ifindex()))
                        .as("%s, which no lease has made", stranger)
                        .isPresent();
                where.links().delete(stranger.ifindex());
            }
        }
        strangers.clear();
        for (int slot = 0; slot < SLOTS; slot++) {
            try (Rtnetlink there = sockets(slot)) {
                assertThat(there.links().list())
                        .as("devices in %s without leases", name(slot))
                        .extracting(Link::ifname)
                        .containsExactly("lo");
            }
        }
    }

    @Override
    public void close() {
        for (int slot = 0; slot < SLOTS; slot++) {
            NetworkNamespace.delete(name(slot));
        }
    }
}
