package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import dev.qlease.linux.UnsupportedException;
import java.util.Map;

/**
 * A generic netlink family as the running kernel has it; CTRL_CMD_GETFAMILY.
 *
 * @param name its name, such as {@code netdev}
 * @param id the message type that the kernel gave it at boot
 * @param version the family's version
 * @param headerSize bytes of the family's own fixed header
 * @param maxAttribute the highest attribute number it understands
 * @param operations the flags (GENL_ADMIN_PERM and so on) of each command that the kernel has
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
    /** Keeps copies of the maps. */
    public GenericFamily {
        operations = Map.copyOf(operations);
        groups = Map.copyOf(groups);
    }

    /** Whether this kernel has {@code operation}. */
    public boolean has(Operation operation) {
        return operations.containsKey(operation.number());
    }

    /** Begins a request of this family on {@code socket}. */
    public Request request(NetlinkSocket socket, Operation operation) {
        return socket.request(operation, id);
    }

    /**
     * The number of a multicast group.
     *
     * @throws UnsupportedException if this kernel's family has no group of that name
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
