package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Decoder;
import dev.qlease.netlink.GenericFamily;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.function.Function;

/** The family's requests, each about one device. Owns its socket. Thread-safe. */
final class DeviceRequests implements AutoCloseable {
    static final Operation FEATURES_GET = operation(Uapi.ETHTOOL_MSG_FEATURES_GET(), "features-get", FeaturesSet.SET);

    private static final String FAMILY = "ethtool";

    private final GenericNetlink netlink;
    private final GenericFamily family;

    /**
     * Opens the family in {@code namespace}.
     *
     * @throws UnsupportedException if the kernel does not have it
     */
    DeviceRequests(NetworkNamespace namespace) {
        netlink = GenericNetlink.open(namespace);
        try {
            family = netlink.family(FAMILY);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    /** Returns an operation whose requests and replies have the same attributes. */
    static Operation operation(int command, String name, AttributeSet set) {
        return Operation.generic(command, name, set, set);
    }

    boolean has(Operation operation) {
        return family.has(operation);
    }

    /** Begins a request that names no device. */
    Request begin(Operation operation) {
        return family.request(netlink.socket(), operation);
    }

    /** Begins a request about the device {@code ifindex}. */
    Request begin(Operation operation, Nest header, int ifindex) {
        return begin(operation)
                .about("device " + ifindex)
                .begin(header)
                .put(HeaderSet.DEV_INDEX, ifindex)
                .end();
    }

    /** Decodes a reply's attributes with {@code record}. */
    static <T> Decoder<T> reply(Operation operation, Function<Attributes, T> record) {
        return message -> record.apply(message.attributes(operation.reply(), operation.headerSize()));
    }

    /** Requests the data of the device {@code ifindex} and decodes it with {@code record}. */
    <T> T get(Operation operation, Nest header, int ifindex, Function<Attributes, T> record) {
        return begin(operation, header, ifindex).get(reply(operation, record));
    }

    /**
     * Returns the name of the device {@code ifindex}, which ioctls need: every reply has it, and all devices have
     * features.
     */
    String name(int ifindex) {
        return get(
                FEATURES_GET,
                FeaturesSet.HEADER,
                ifindex,
                a -> a.get(FeaturesSet.HEADER).get(HeaderSet.DEV_NAME));
    }

    @Override
    public void close() {
        netlink.close();
    }
}
