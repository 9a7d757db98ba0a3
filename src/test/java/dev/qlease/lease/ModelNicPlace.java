package dev.qlease.lease;

import dev.qlease.fixture.Commands;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the model's NIC is and what it is called: it is renamed, moved away and back, and replugged. */
final class ModelNicPlace implements AutoCloseable {
    static final String NAME = "qnic0";

    private static final String AWAY = "qlm-away";
    private static final String TAKEN = "taken";
    private static final Path DRIVER = Path.of("/sys/bus/platform/drivers/qnic");

    private final Rtnetlink rtnetlink;
    private final NetworkNamespace home = NetworkNamespace.current();
    private final NetworkNamespace away = NetworkNamespace.create(AWAY);
    private final HardwareAddress permanent;
    private String name = NAME;
    private int ifindex;
    private boolean isAway;

    ModelNicPlace(Rtnetlink rtnetlink) {
        this.rtnetlink = rtnetlink;
        Link link = rtnetlink.links().get(NAME);
        ifindex = link.ifindex();
        permanent = link.permAddress().orElseThrow();
    }

    int ifindex() {
        return ifindex;
    }

    String name() {
        return name;
    }

    boolean isAway() {
        return isAway;
    }

    void rename(String wanted) {
        rtnetlink.links().change(ifindex, LinkSpec.named(wanted));
        name = wanted;
    }

    private Optional<Link> find(Rtnetlink where) {
        return where.links().list().stream()
                .filter(link -> link.permAddress().equals(Optional.of(permanent)))
                .findFirst();
    }

    /** Where its number is taken it gets another, and keeps that when it comes back. */
    void moveAway(boolean isNumberTaken) {
        if (isNumberTaken) {
            Commands.run("ip", "-n", AWAY, "link", "add", TAKEN, "index", Integer.toString(ifindex), "type", "dummy");
        }
        rtnetlink.links().move(ifindex, away);
        isAway = true;
    }

    void moveBack() {
        try (Rtnetlink there = Rtnetlink.open(away)) {
            there.links().move(find(there).orElseThrow().ifindex(), home);
            there.links().find(TAKEN).ifPresent(link -> there.links().delete(link.ifindex()));
        }
        isAway = false;
        comesUp();
    }

    /** As ci/nic/replug does. */
    void replug() {
        if (isAway) {
            moveBack();
        }
        try {
            Files.writeString(DRIVER.resolve("unbind"), "qnic.0");
            Files.writeString(DRIVER.resolve("bind"), "qnic.0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        name = NAME;
        int made = find(rtnetlink).orElseThrow().ifindex();
        rtnetlink.links().change(made, LinkSpec.named(NAME));
        comesUp();
    }

    private void comesUp() {
        ifindex = find(rtnetlink).orElseThrow().ifindex();
        rtnetlink.addresses().add(ifindex, IpPrefix.parse("192.0.2.1/24"));
        rtnetlink
                .addresses()
                .add(ifindex, AddressSpec.of(IpPrefix.parse("2001:db8:1::1/64")).nodad());
        rtnetlink.links().up(ifindex);
    }

    /** Makes it what it was at first. */
    void reset() {
        if (isAway) {
            moveBack();
        }
        if (!name.equals(NAME)) {
            rename(NAME);
        }
    }

    @Override
    public void close() {
        away.close();
        home.close();
        NetworkNamespace.delete(AWAY);
    }
}
