package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ifaddrmsg;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * What an address is to be. Immutable; each method answers a copy with one thing more.
 *
 * {@snippet :
 * rtnl.addresses().add(ifindex, AddressSpec.of(IpPrefix.parse("fd00::1/64")).nodad());
 * }
 */
public final class AddressSpec {
    private final IpPrefix prefix;
    private final Scope scope;
    private final AddressFlags flags;
    private final Settings settings;

    private AddressSpec(IpPrefix prefix, Scope scope, AddressFlags flags, Settings settings) {
        this.prefix = prefix;
        this.scope = scope;
        this.flags = flags;
        this.settings = settings;
    }

    /** This address, in a network of this length. */
    public static AddressSpec of(IpPrefix prefix) {
        Settings settings = Settings.NONE
                .with(AddressAttributes.LOCAL, prefix.address())
                .with(AddressAttributes.ADDRESS, prefix.address());
        return new AddressSpec(prefix, Scope.UNIVERSE, AddressFlags.NONE, settings);
    }

    private AddressSpec with(Attribute attribute, Object value) {
        return new AddressSpec(prefix, scope, flags, settings.with(attribute, value));
    }

    /** The other end of the link has address {@code other}; the prefix is then that one's. */
    public AddressSpec peer(IpAddress other) {
        return with(AddressAttributes.ADDRESS, other);
    }

    /** The address of all in its network; IPv4 only. */
    public AddressSpec broadcast(IpAddress all) {
        return with(AddressAttributes.BROADCAST, all);
    }

    /** Has this label, which begins with the link's name; IPv4 only. */
    public AddressSpec label(String text) {
        return with(AddressAttributes.LABEL, text);
    }

    /** The route to its network has this priority, the smaller the more it is preferred. */
    public AddressSpec rtPriority(int priority) {
        return with(AddressAttributes.RT_PRIORITY, priority);
    }

    /** Reaches so far. The kernel decides itself for IPv6. */
    public AddressSpec scope(Scope reach) {
        return new AddressSpec(prefix, reach, flags, settings);
    }

    /** Has these flags beside those that it has; of use are those that {@link AddressFlags} says something to do for. */
    public AddressSpec flags(AddressFlags more) {
        return new AddressSpec(prefix, scope, flags.and(more), settings);
    }

    /** Is used at once, without looking whether another host has it; IPv6 only. */
    public AddressSpec nodad() {
        return flags(AddressFlags.NODAD);
    }

    /** Brings no route to its network. */
    public AddressSpec noprefixroute() {
        return flags(AddressFlags.NOPREFIXROUTE);
    }

    /**
     * Is gone after {@code valid}, and deprecated after {@code prefered}, which is no longer; in whole seconds, of which
     * {@link AddressLifetime#FOREVER} and more are no end.
     */
    public AddressSpec lifetime(Duration valid, Duration prefered) {
        return with(
                AddressAttributes.CACHEINFO,
                new Settings.Encoded(AddressLifetime.bytes(valid, prefered), valid + " and " + prefered));
    }

    void writeHeader(MemorySegment header, int ifindex) {
        ifaddrmsg.ifa_family(header, (byte) AddressFamily.of(prefix.address()).value());
        ifaddrmsg.ifa_prefixlen(header, (byte) prefix.length());
        ifaddrmsg.ifa_scope(header, (byte) scope.value());
        ifaddrmsg.ifa_index(header, ifindex);
    }

    void write(Request request) {
        settings.write(request);
        if (flags.value() != AddressFlags.NONE.value()) {
            request.put(AddressAttributes.FLAGS, flags.value());
        }
    }

    @Override
    public String toString() {
        return prefix.toString();
    }
}
