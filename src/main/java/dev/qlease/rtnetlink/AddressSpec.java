package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ifaddrmsg;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * The specification of an address to add. Immutable; each method returns a copy with one more setting.
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

    /** Returns the specification of this address, in a network with this prefix length. */
    public static AddressSpec of(IpPrefix prefix) {
        Settings settings = Settings.NONE
                .with(AddressAttributes.LOCAL, prefix.address())
                .with(AddressAttributes.ADDRESS, prefix.address());
        return new AddressSpec(prefix, Scope.UNIVERSE, AddressFlags.NONE, settings);
    }

    private AddressSpec with(Attribute attribute, Object value) {
        return new AddressSpec(prefix, scope, flags, settings.with(attribute, value));
    }

    /** Sets the address of the other end of the link; the prefix is then that of {@code other}. */
    public AddressSpec peer(IpAddress other) {
        return with(AddressAttributes.ADDRESS, other);
    }

    /** Sets the network's broadcast address; IPv4 only. */
    public AddressSpec broadcast(IpAddress all) {
        return with(AddressAttributes.BROADCAST, all);
    }

    /** Sets the label, which begins with the link's name; IPv4 only. */
    public AddressSpec label(String text) {
        return with(AddressAttributes.LABEL, text);
    }

    /** Sets the priority of the route to its network; smaller values are preferred. */
    public AddressSpec rtPriority(int priority) {
        return with(AddressAttributes.RT_PRIORITY, priority);
    }

    /** Sets the scope; for IPv6 the kernel determines it. */
    public AddressSpec scope(Scope reach) {
        return new AddressSpec(prefix, reach, flags, settings);
    }

    /** Adds flags; only those that {@link AddressFlags} describes as settings have an effect. */
    public AddressSpec flags(AddressFlags more) {
        return new AddressSpec(prefix, scope, flags.and(more), settings);
    }

    /** Skips duplicate address detection, so that the address is usable at once; IPv6 only. */
    public AddressSpec nodad() {
        return flags(AddressFlags.NODAD);
    }

    /** Adds no route to the address's network. */
    public AddressSpec noprefixroute() {
        return flags(AddressFlags.NOPREFIXROUTE);
    }

    /**
     * Sets the time after which the address is removed, {@code valid}, and the time after which it is deprecated,
     * {@code prefered}, which must not be longer; in whole seconds. {@link AddressLifetime#FOREVER} seconds or more are
     * unlimited.
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
