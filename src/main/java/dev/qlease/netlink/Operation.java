package dev.qlease.netlink;

import dev.qlease.ffi.uapi.genlmsghdr;

/**
 * One operation of a family, for its requests and error messages.
 *
 * @param number nlmsg_type of the request, or the command in a generic family
 * @param generic whether the family is a generic one, whose messages have its id as their type
 * @param name the kernel's name for it, such as {@code queue-get}
 * @param headerSize size in bytes of the fixed header before the attributes; in a generic family it includes that of
 *     generic netlink
 * @param request the table of the request's attributes
 * @param reply the table of the replies' attributes
 */
public record Operation(
        int number, boolean generic, String name, int headerSize, AttributeSet request, AttributeSet reply) {
    /** Returns an operation of a generic family without a header of its own. */
    public static Operation generic(int command, String name, AttributeSet request, AttributeSet reply) {
        return new Operation(command, true, name, (int) genlmsghdr.sizeof(), request, reply);
    }

    /** Returns an operation of a family with message types of its own. */
    public static Operation plain(int type, String name, int headerSize, AttributeSet attributes) {
        return new Operation(type, false, name, headerSize, attributes, attributes);
    }

    @Override
    public String toString() {
        return name;
    }
}
