package dev.qlease.lease;

import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A lease while it is being created: the sockets of both sides, and what the kernel has returned so far. */
final class LeaseInProgress {
    private final NamespaceSockets home;
    private final NamespaceSockets there;
    private @Nullable Link host;
    private @Nullable Link guest;
    private final List<LeasedQueue> queues = new ArrayList<>();
    private OptionalLong rssContext = OptionalLong.empty();

    LeaseInProgress(NamespaceSockets home, NamespaceSockets there) {
        this.home = home;
        this.there = there;
    }

    /** Returns the sockets in the namespace of the NIC and the host's end. */
    NamespaceSockets home() {
        return home;
    }

    /** Returns the sockets in the guest's namespace. */
    NamespaceSockets there() {
        return there;
    }

    /** Returns the host's end of the pair. */
    Link host() {
        return made(host);
    }

    /** Returns the guest's device. */
    Link guest() {
        return made(guest);
    }

    int hostIfindex() {
        return host == null ? 0 : host.ifindex();
    }

    int guestIfindex() {
        return guest == null ? 0 : guest.ifindex();
    }

    List<LeasedQueue> queues() {
        return List.copyOf(queues);
    }

    OptionalLong rssContext() {
        return rssContext;
    }

    void host(Link link) {
        host = link;
    }

    void guest(Link link) {
        guest = link;
    }

    void leased(LeasedQueue queue) {
        queues.add(queue);
    }

    void rssContext(int id) {
        rssContext = OptionalLong.of(id);
    }

    private static <T> T made(@Nullable T thing) {
        if (thing == null) {
            throw new IllegalStateException("a step comes before the one that it depends on");
        }
        return thing;
    }
}
