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

    /** Another address of the same network was added first; for IPv6, a temporary address. */
    public static final AddressFlags SECONDARY = new AddressFlags(Uapi.IFA_F_SECONDARY());

    /** It is used at once, without duplicate address detection. IPv6 only. */
    public static final AddressFlags NODAD = new AddressFlags(Uapi.IFA_F_NODAD());

    /** It is used during duplicate address detection. */
    public static final AddressFlags OPTIMISTIC = new AddressFlags(Uapi.IFA_F_OPTIMISTIC());

    /** Duplicate address detection has failed. */
    public static final AddressFlags DADFAILED = new AddressFlags(Uapi.IFA_F_DADFAILED());

    /** It is a home address, RFC 6275. */
    public static final AddressFlags HOMEADDRESS = new AddressFlags(Uapi.IFA_F_HOMEADDRESS());

    /** New connections do not use it. */
    public static final AddressFlags DEPRECATED = new AddressFlags(Uapi.IFA_F_DEPRECATED());

    /** Duplicate address detection is in progress. */
    public static final AddressFlags TENTATIVE = new AddressFlags(Uapi.IFA_F_TENTATIVE());

    /** It does not expire. */
    public static final AddressFlags PERMANENT = new AddressFlags(Uapi.IFA_F_PERMANENT());

    /** The kernel derives temporary addresses from it. */
    public static final AddressFlags MANAGETEMPADDR = new AddressFlags(Uapi.IFA_F_MANAGETEMPADDR());

    /** No route to its network is added. */
    public static final AddressFlags NOPREFIXROUTE = new AddressFlags(Uapi.IFA_F_NOPREFIXROUTE());

    /** Its multicast group is joined. */
    public static final AddressFlags MCAUTOJOIN = new AddressFlags(Uapi.IFA_F_MCAUTOJOIN());

    /** It was generated as described in RFC 7217. */
    public static final AddressFlags STABLE_PRIVACY = new AddressFlags(Uapi.IFA_F_STABLE_PRIVACY());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(AddressFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public AddressFlags and(AddressFlags added) {
        return new AddressFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
