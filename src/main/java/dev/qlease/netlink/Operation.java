package dev.qlease.netlink;

import dev.qlease.ffi.uapi.genlmsghdr;

/**
 * One operation of a family, as its requests and error messages name it.
 *
 * @param number nlmsg_type of the request, or the command if the family is a generic one
 * @param generic whether the family is a generic one, whose messages have its id for their type
 * @param name the kernel's name for it, such as {@code queue-get}
 * @param headerSize bytes of fixed header before the attributes, of a generic family generic netlink's own included
 * @param request the table of the request's attributes
 * @param reply the table of the replies' attributes
 */
public record Operation(
        int number, boolean generic, String name, int headerSize, AttributeSet request, AttributeSet reply) {
    /** An operation of a generic family that has no header of its own. */
    public static Operation generic(int command, String name, AttributeSet request, AttributeSet reply) {
        return new Operation(command, true, name, (int) genlmsghdr.sizeof(), request, reply);
    }

    /** An operation of a family with message types of its own. */
    public static Operation plain(int type, String name, int headerSize, AttributeSet attributes) {
        return new Operation(type, false, name, headerSize, attributes, attributes);
    }

    @Override
    public String toString() {
        return name;
    }
}
