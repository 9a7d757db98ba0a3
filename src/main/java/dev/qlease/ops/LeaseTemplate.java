package dev.qlease.ops;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A lease as the configuration of a container engine's plugin describes it: everything but its guest. Immutable. */
public final class LeaseTemplate {
    /** The names of the fields: those of a lease in a file, without what names its guest's namespace. */
    public static final List<String> FIELDS = Arrays.stream(LeaseField.values())
            .filter(field -> field != LeaseField.NETNS && field != LeaseField.CONTAINER)
            .map(LeaseField::text)
            .toList();

    /** No device has this name, since the kernel replaces the percent sign in a name that it is asked to make. */
    private static final String PROBE = "probe%d";

    private final NicSelector nic;
    private final LeaseShape shape;
    private final Optional<String> guest;

    private LeaseTemplate(NicSelector nic, LeaseShape shape, Optional<String> guest) {
        this.nic = nic;
        this.shape = shape;
        this.guest = guest;
    }

    /**
     * Reads the fields of a lease.
     *
     * @param values collects what is wrong
     * @param members the fields, and others
     * @param position where they are, for messages
     * @return empty if something was wrong
     */
    public static Optional<LeaseTemplate> read(
            FieldValues values, Map<String, FileNode.Member> members, Position position) {
        int before = values.problems().size();
        LeaseFields fields = new LeaseFields(values, members, "");
        Optional<NicSelector> nic = fields.nic(position);
        LeaseShape shape = fields.shape();
        Optional<String> guest = fields.field(LeaseField.GUEST).map(_ -> shape.guest());
        return values.problems().size() == before
                ? nic.map(found -> new LeaseTemplate(found, shape, guest))
                : Optional.empty();
    }

    /** Returns whether a lease with these fields carries packets and has no address, without which it is refused. */
    public static boolean needsAddress(Map<String, FileNode.Member> fields) {
        return !fields.containsKey(LeaseField.ADDRESSES.text())
                && !has(fields, LeaseField.SINGLE, "true")
                && !has(fields, LeaseField.REDIRECT, Redirect.NONE.text());
    }

    private static boolean has(Map<String, FileNode.Member> fields, LeaseField field, String text) {
        FileNode.Member member = fields.get(field.text());
        return member != null
                && member.value() instanceof FileNode.Scalar scalar
                && scalar.text().equals(text);
    }

    /**
     * Finds the NIC.
     *
     * @throws OpsException if there is none, or there are several
     */
    public Link nic(NamespaceSockets home) {
        return nic.find(home);
    }

    /** Returns the guest's addresses; empty if the configuration has none. */
    public List<String> addresses() {
        return shape.addresses();
    }

    /** Returns the networks that the guest reaches; empty for all. */
    public List<String> routes() {
        return shape.routes();
    }

    /** Returns the name of the guest's device; empty if the configuration has none. */
    public Optional<String> guest() {
        return guest;
    }

    /** Returns the name of the guest's device, or the default. */
    public String device() {
        return shape.guest();
    }

    /** Returns a copy with other addresses and routes. */
    public LeaseTemplate with(List<String> addresses, List<String> routes) {
        return new LeaseTemplate(nic, shape.with(addresses, routes), guest);
    }

    /**
     * Returns a specification to plan, without a guest and packets, to find out whether the queues could be leased.
     *
     * @param nic the name of the NIC
     * @param home the namespace of the NIC; remains owned by the caller
     * @param owner the program that manages the lease
     * @throws IllegalArgumentException if values are invalid or contradict each other
     */
    public LeaseSpec probe(String nic, NetworkNamespace home, String owner) {
        return withoutPackets().spec(nic, home, PROBE, owner);
    }

    /** Returns a copy that carries no packets. */
    public LeaseTemplate withoutPackets() {
        return new LeaseTemplate(nic, shape.withoutPackets(), guest);
    }

    /**
     * Returns the specification of a lease.
     *
     * @param nic the name of the NIC
     * @param netns the guest's namespace; remains owned by the caller
     * @param guest the name of the guest's device
     * @param owner the program that manages the lease
     * @throws IllegalArgumentException if values are invalid or contradict each other
     */
    public LeaseSpec spec(String nic, NetworkNamespace netns, String guest, String owner) {
        return shape.builder(nic, netns).guest(guest).owner(owner).build();
    }
}
