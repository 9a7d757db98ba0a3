package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Flags of an address; IFA_F_ in linux/if_addr.h.
 *
 * @param value the kernel's number
 */
public record AddressFlags(int value) implements NamedValue {
    static final Names NAMES = Names.ofBits(
            "secondary",
            "nodad",
            "optimistic",
            "dadfailed",
            "homeaddress",
            "deprecated",
            "tentative",
            "permanent",
            "managetempaddr",
            "noprefixroute",
            "mcautojoin",
            "stable-privacy");

    /** None. */
    public static final AddressFlags NONE = new AddressFlags(0);

    /** Another address of the same network came first; of IPv6, a temporary address. */
    public static final AddressFlags SECONDARY = new AddressFlags(Uapi.IFA_F_SECONDARY());

    /** It is used at once, without looking whether another host has it. IPv6 only. */
    public static final AddressFlags NODAD = new AddressFlags(Uapi.IFA_F_NODAD());

    /** It is used while the kernel looks whether another host has it. */
    public static final AddressFlags OPTIMISTIC = new AddressFlags(Uapi.IFA_F_OPTIMISTIC());

    /** Another host has it. */
    public static final AddressFlags DADFAILED = new AddressFlags(Uapi.IFA_F_DADFAILED());

    /** It is a home address, RFC 6275. */
    public static final AddressFlags HOMEADDRESS = new AddressFlags(Uapi.IFA_F_HOMEADDRESS());

    /** New connections do not use it. */
    public static final AddressFlags DEPRECATED = new AddressFlags(Uapi.IFA_F_DEPRECATED());

    /** The kernel still looks whether another host has it. */
    public static final AddressFlags TENTATIVE = new AddressFlags(Uapi.IFA_F_TENTATIVE());

    /** It does not expire. */
    public static final AddressFlags PERMANENT = new AddressFlags(Uapi.IFA_F_PERMANENT());

    /** The kernel derives temporary addresses from it. */
    public static final AddressFlags MANAGETEMPADDR = new AddressFlags(Uapi.IFA_F_MANAGETEMPADDR());

    /** It brings no route to its network. */
    public static final AddressFlags NOPREFIXROUTE = new AddressFlags(Uapi.IFA_F_NOPREFIXROUTE());

    /** It is a multicast group, which is joined. */
    public static final AddressFlags MCAUTOJOIN = new AddressFlags(Uapi.IFA_F_MCAUTOJOIN());

    /** It was made by RFC 7217. */
    public static final AddressFlags STABLE_PRIVACY = new AddressFlags(Uapi.IFA_F_STABLE_PRIVACY());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Whether all of {@code flags} are set. */
    public boolean has(AddressFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** These and {@code added}. */
    public AddressFlags and(AddressFlags added) {
        return new AddressFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
