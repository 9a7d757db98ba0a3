package dev.qlease.lease;

import dev.qlease.fixture.Adversary;
import dev.qlease.fixture.Frames;
import dev.qlease.fixture.Icmpv6;
import dev.qlease.fixture.Ipv4;
import dev.qlease.fixture.Ipv6;
import java.util.ArrayList;
import java.util.List;

/**
 * A frame that a guest has no right to send.
 *
 * @param name what is wrong with it, which is in its payload where it has one
 * @param frame its bytes
 */
record Forgery(String name, byte[] frame) {
    /** What the payload of each begins with. */
    static final String MARK = "forged: ";

    /** What it ends with. */
    static final String END = ";";

    static final int PORT = 5355;

    private static final String ALL_NODES = "ff02::1";
    private static final String ROUTER = "fe80::bad";
    private static final String PREFIX = "2001:db8:bad::";

    /**
     * Addresses of the host, the remote end, another guest, the guest's own network and the Internet, and special ones.
     */
    private static final List<String> FOREIGN4 = List.of(
            "192.0.2.1",
            "192.0.2.2",
            "198.18.0.3",
            "198.18.0.1",
            "8.8.8.8",
            "127.0.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "169.254.1.1");

    private static final List<String> FOREIGN6 = List.of(
            "2001:db8:1::1",
            "2001:db8:1::2",
            "2001:db8:2::3",
            "2001:db8:2::",
            "2606:4700::1111",
            "::1",
            "::",
            "ff02::1",
            "fec0::1",
            "fe80::bad",
            "::ffff:198.18.0.2",
            "64:ff9b::c612:2");

    private static String mark(String name) {
        return MARK + name + END;
    }

    /** Packets with sources that are not the guest's, to these destinations. */
    static List<Forgery> sources(Adversary guest, String destination4, String destination6) {
        List<Forgery> forgeries = new ArrayList<>();
        for (String source : FOREIGN4) {
            forgeries.addAll(sources4(guest, source, destination4));
        }
        for (String source : FOREIGN6) {
            forgeries.addAll(sources6(guest, source, destination6));
        }
        return forgeries;
    }

    private static List<Forgery> sources4(Adversary guest, String source, String to) {
        List<Forgery> forgeries = new ArrayList<>();
        String name = "from " + source;
        byte[] plain = guest.ipv4(Ipv4.udp(source, to, PORT, mark(name)));
        forgeries.add(new Forgery(name, plain));
        name = "from " + source + " with options";
        forgeries.add(new Forgery(name, guest.ipv4(Ipv4.udpWithOptions(source, to, PORT, mark(name)))));
        name = "first fragment from " + source;
        forgeries.add(new Forgery(name, guest.ipv4(Ipv4.firstFragment(source, to, PORT, mark(name)))));
        name = "later fragment from " + source;
        forgeries.add(new Forgery(name, guest.ipv4(Ipv4.laterFragment(source, to, mark(name)))));
        name = "to all, from " + source;
        forgeries.add(new Forgery(name, guest.toAll(Frames.IPV4, Ipv4.udp(source, to, PORT, mark(name)))));
        name = "tagged from " + source;
        forgeries.addAll(tagged(name, guest.ipv4(Ipv4.udp(source, to, PORT, mark(name)))));
        return forgeries;
    }

    private static List<Forgery> sources6(Adversary guest, String source, String to) {
        List<Forgery> forgeries = new ArrayList<>();
        String name = "from " + source;
        forgeries.add(new Forgery(name, guest.ipv6(Ipv6.udp(source, to, PORT, mark(name)))));
        for (int kind : new int[] {Ipv6.HOP_BY_HOP, Ipv6.DESTINATION, Ipv6.ROUTING}) {
            name = "behind header " + kind + " from " + source;
            byte[] datagram = Ipv6.datagram(source, to, PORT, mark(name));
            byte[] packet = Ipv6.packet(source, to, kind, Ipv6.extension(kind, Ipv6.UDP, datagram));
            forgeries.add(new Forgery(name, guest.ipv6(packet)));
        }
        name = "fragment from " + source;
        byte[] datagram = Ipv6.datagram(source, to, PORT, mark(name));
        byte[] whole = Ipv6.packet(source, to, Ipv6.FRAGMENT, Ipv6.fragment(Ipv6.UDP, 0, false, datagram));
        forgeries.add(new Forgery(name, guest.ipv6(whole)));
        name = "tagged from " + source;
        forgeries.addAll(tagged(name, guest.ipv6(Ipv6.udp(source, to, PORT, mark(name)))));
        return forgeries;
    }

    /** A frame with the tags that the kernel takes off, of priority and of a provider, and with those of a network. */
    private static List<Forgery> tagged(String name, byte[] frame) {
        byte[] priority = Frames.tagged(Frames.VLAN, 0, frame);
        return List.of(
                new Forgery(name + ", VLAN 0", priority),
                new Forgery(name + ", VLAN 5", Frames.tagged(Frames.VLAN, 5, frame)),
                new Forgery(name + ", VLAN 0 of a provider", Frames.tagged(Frames.PROVIDER_VLAN, 0, frame)),
                new Forgery(name + ", two tags", Frames.tagged(Frames.PROVIDER_VLAN, 0, priority)));
    }

    /** Frames of no IP, or of one that does not hold what its type says. */
    static List<Forgery> noIp(Adversary guest, String source4, String destination4, String destination6) {
        byte[] text = mark("no IP").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] ipv4 = Ipv4.udp(source4, destination4, PORT, mark("IPv4 as IPv6"));
        byte[] ipv6 = Ipv6.udp(ROUTER, destination6, PORT, mark("IPv6 as IPv4"));
        return List.of(
                new Forgery("no IP", guest.toHost(Frames.EXPERIMENTAL, text)),
                new Forgery("no IP, to all", guest.toAll(Frames.EXPERIMENTAL, text)),
                new Forgery("802.3", guest.toHost(text.length, text)),
                new Forgery("IPv4 as IPv6", guest.toHost(Frames.IPV6, ipv4)),
                new Forgery("IPv6 as IPv4", guest.toHost(Frames.IPV4, ipv6)),
                new Forgery("IPv4 cut short", Frames.cut(guest.ipv4(ipv4), 14 + 19)),
                new Forgery("IPv6 cut short", Frames.cut(guest.ipv6(ipv6), 14 + 39)),
                new Forgery("nothing behind the header of Ethernet", Frames.cut(guest.ipv4(ipv4), 14)));
    }

    /** What a router would send, as it is and disguised. */
    static List<Forgery> routers(Adversary guest, String host6, String own6) {
        List<Forgery> forgeries = new ArrayList<>();
        for (String source : List.of(ROUTER, "fe80::1", own6)) {
            byte[] message = Icmpv6.routerAdvertisement(source, ALL_NODES, guest.mac(), PREFIX);
            forgeries.addAll(disguised("advertisement of " + source, guest, source, ALL_NODES, message));
            byte[] direct = Icmpv6.routerAdvertisement(source, host6, guest.mac(), PREFIX);
            forgeries.addAll(disguised("advertisement of " + source + " to the host", guest, source, host6, direct));
            byte[] redirect = Icmpv6.redirect(source, host6, "2606:4700::1111", ROUTER, guest.mac());
            forgeries.addAll(disguised("redirect of " + source, guest, source, host6, redirect));
        }
        forgeries.add(new Forgery(
                "redirect of IPv4", guest.ipv4(Ipv4.redirect("192.0.2.2", "192.0.2.1", "198.18.0.2", "203.0.113.9"))));
        return forgeries;
    }

    /** What neighbours other than the guest would send. */
    static List<Forgery> neighbours(Adversary guest, String host4, String host6) {
        List<Forgery> forgeries = new ArrayList<>();
        for (String target : List.of("2001:db8:1::2", host6, "fe80::1", ROUTER, "2001:db8:2::3", "2606:4700::1111")) {
            byte[] claim = Icmpv6.neighbourAdvertisement(target, ALL_NODES, target, guest.mac());
            forgeries.addAll(disguised("claim of " + target, guest, target, ALL_NODES, claim));
            byte[] direct = Icmpv6.neighbourAdvertisement(ROUTER, host6, target, guest.mac());
            forgeries.addAll(disguised("claim of " + target + " to the host", guest, ROUTER, host6, direct));
            byte[] asked = Icmpv6.neighbourSolicitation(target, host6, host6, guest.mac());
            forgeries.addAll(disguised("question of " + target, guest, target, host6, asked));
        }
        byte[] router = Icmpv6.routerSolicitation(ROUTER, "ff02::2", guest.mac());
        forgeries.addAll(disguised("question for routers", guest, ROUTER, "ff02::2", router));
        byte[] report = Icmpv6.multicastReport(ROUTER, "ff02::16", "ff0e::7");
        forgeries.addAll(disguised("report of a group", guest, ROUTER, "ff02::16", report));
        for (String sender : List.of("192.0.2.2", host4, "198.18.0.3", "169.254.1.1", "203.0.113.7")) {
            forgeries.addAll(arp(guest, sender, host4));
        }
        return forgeries;
    }

    private static List<Forgery> arp(Adversary guest, String sender, String host4) {
        byte[] asked = Frames.arp(Frames.ARP_REQUEST, guest.mac(), sender, new byte[6], host4);
        byte[] claim = Frames.arp(Frames.ARP_REPLY, guest.mac(), sender, guest.mac(), sender);
        byte[] gratuitous = Frames.arp(Frames.ARP_REQUEST, guest.mac(), sender, new byte[6], sender);
        List<Forgery> forgeries = new ArrayList<>();
        for (byte[] frame : List.of(
                guest.toAll(Frames.ARP, asked),
                guest.toHost(Frames.ARP, asked),
                guest.toAll(Frames.ARP, claim),
                guest.toHost(Frames.ARP, claim),
                guest.toAll(Frames.ARP, gratuitous))) {
            forgeries.add(new Forgery("ARP of " + sender, frame));
            forgeries.addAll(tagged("ARP of " + sender, frame));
        }
        return forgeries;
    }

    private static List<Forgery> disguised(
            String name, Adversary guest, String source, String destination, byte[] message) {
        List<Forgery> forgeries = new ArrayList<>();
        byte[] plain = guest.ipv6(Ipv6.packet(source, destination, Ipv6.ICMPV6, message));
        forgeries.add(new Forgery(name, plain));
        forgeries.addAll(tagged(name, plain));
        for (int kind : new int[] {Ipv6.HOP_BY_HOP, Ipv6.DESTINATION, Ipv6.ROUTING}) {
            byte[] packet = Ipv6.packet(source, destination, kind, Ipv6.extension(kind, Ipv6.ICMPV6, message));
            forgeries.add(new Forgery(name + ", behind header " + kind, guest.ipv6(packet)));
        }
        byte[] fragment = Ipv6.fragment(Ipv6.ICMPV6, 0, false, message);
        forgeries.add(new Forgery(
                name + ", in a fragment", guest.ipv6(Ipv6.packet(source, destination, Ipv6.FRAGMENT, fragment))));
        return forgeries;
    }
}
