package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import dev.qlease.linux.UnsupportedException;
import java.util.Map;

/**
 * A generic netlink family as the running kernel describes it; CTRL_CMD_GETFAMILY.
 *
 * @param name its name, such as {@code netdev}
 * @param id the message type that the kernel assigned to it
 * @param version the family's version
 * @param headerSize size of the family's own fixed header in bytes
 * @param maxAttribute the highest attribute number that it supports
 * @param operations the flags (GENL_ADMIN_PERM and so on) of each command that the kernel supports
 * @param groups the multicast groups, by name
 */
public record GenericFamily(
        String name,
        int id,
        int version,
        int headerSize,
        int maxAttribute,
        Map<Integer, Integer> operations,
        Map<String, Integer> groups) {
    /** Copies the maps. */
    public GenericFamily {
        operations = Map.copyOf(operations);
        groups = Map.copyOf(groups);
    }

    /** Returns whether this kernel supports {@code operation}. */
    public boolean has(Operation operation) {
        return operations.containsKey(operation.number());
    }

    /** Begins a request of this family on {@code socket}. */
    public Request request(NetlinkSocket socket, Operation operation) {
        return socket.request(operation, id);
    }

    /**
     * Returns the number of a multicast group.
     *
     * @throws UnsupportedException if this kernel's family has no group with that name
     */
    public int group(String group) {
        Integer number = groups.get(group);
        if (number == null) {
            throw new UnsupportedException(new NetlinkException(
                    "join group " + group,
                    Errno.EOPNOTSUPP,
                    "this kernel's " + name + " family has no such group, only " + groups.keySet()));
        }
        return number;
    }
}
