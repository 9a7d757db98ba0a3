package dev.qlease.lease;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds a recorded NIC: in its namespace, under any name and interface index, or in another namespace to which it was
 * moved. A replugged device counts as another one, with settings of its own.
 */
final class NicSearch implements AutoCloseable {
    private final NamespaceSockets home;
    private Optional<NamespaceSockets> elsewhere = Optional.empty();

    NicSearch(NamespaceSockets home) {
        this.home = home;
    }

    /** Returns the NIC in its home namespace; empty if it is gone, was replugged or moved. */
    Optional<NicHandle> atHome(NicId nic) {
        Optional<NicHandle> there = home.rtnetlink()
                .links()
                .find(nic.ifindex())
                .filter(nic::isSameHardware)
                .map(link -> new NicHandle(home, link))
                .filter(found -> nic.isSame(NicId.of(found)));
        return there.isPresent() || nic.instance().isEmpty() ? there : search(home, nic, nic::isSame);
    }

    /**
     * Returns the NIC wherever it is; empty if it is gone or was replugged. The sockets of the handle are closed with
     * this object.
     */
    Optional<NicHandle> find(NicId nic, Path first) {
        Optional<NicHandle> here = atHome(nic);
        if (here.isPresent() || (nic.instance().isEmpty() && isReplugged(nic))) {
            return here;
        }
        return OtherNamespaces.find(first, home.namespace().cookie(), namespace -> open(namespace, nic));
    }

    private boolean isReplugged(NicId nic) {
        return home.rtnetlink().links().list().stream().anyMatch(nic::isSameHardware);
    }

    private static Optional<NicHandle> search(NamespaceSockets sockets, NicId nic, Predicate<NicId> isIt) {
        return sockets.rtnetlink().links().list().stream()
                .filter(nic::isSameHardware)
                .map(link -> new NicHandle(sockets, link))
                .filter(found -> isIt.test(NicId.of(found)))
                .findFirst();
    }

    private Optional<NicHandle> open(NetworkNamespace namespace, NicId nic) {
        NamespaceSockets sockets = NamespaceSockets.of(namespace);
        Optional<NicHandle> found = Optional.empty();
        try {
            found = search(sockets, nic, nic::isSameElsewhere);
            return found;
        } finally {
            if (found.isPresent()) {
                elsewhere.ifPresent(NamespaceSockets::close);
                elsewhere = Optional.of(sockets);
            } else {
                sockets.close();
            }
        }
    }

    @Override
    public void close() {
        elsewhere.ifPresent(NamespaceSockets::close);
    }
}
