package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.U32;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Assembles a policy from the messages of a CTRL_CMD_GETPOLICY dump: first the policy of each operation, then one
 * message for each attribute of each policy. Operations, policies and attributes are numbered by nest type, so that no
 * table can describe them; they are read as unknown attributes.
 */
final class PolicyReader {
    private static final AttributeSet.Builder TABLE = AttributeSet.table("op-policy");
    private static final U32 DO = TABLE.u32(Uapi.CTRL_ATTR_POLICY_DO(), "do");
    private static final U32 DUMP = TABLE.u32(Uapi.CTRL_ATTR_POLICY_DUMP(), "dump");
    private static final AttributeSet OPERATION = TABLE.build();

    private final int command;
    private final boolean dump;
    private final Map<Integer, Map<Integer, PolicyAttribute>> policies = new HashMap<>();
    private int top = -1;

    PolicyReader(int command, boolean dump) {
        this.command = command;
        this.dump = dump;
    }

    /** Reads CTRL_ATTR_OP_POLICY: the command, then the index of its policy. */
    boolean operations(Attributes byCommand) {
        byCommand.eachNested(OPERATION, (number, indexes) -> {
            if (number == command) {
                top = indexes.find(dump ? DUMP : DO).orElse(-1);
            }
        });
        return true;
    }

    /** Reads CTRL_ATTR_POLICY: the policy's index, the attribute's number, what is accepted. */
    boolean policies(Attributes byIndex) {
        byIndex.eachNested(AttributeSet.EMPTY, (index, byAttribute) -> {
            Map<Integer, PolicyAttribute> policy = policies.computeIfAbsent(index, _ -> new HashMap<>());
            byAttribute.eachNested(PolicyAttribute.SET, (number, a) -> policy.put(number, PolicyAttribute.of(a)));
        });
        return true;
    }

    /** Returns what was read; empty if the operation has no policy. */
    Optional<Policy> policy() {
        return top < 0 ? Optional.empty() : Optional.of(new Policy(policies.getOrDefault(top, Map.of()), policies));
    }
}
