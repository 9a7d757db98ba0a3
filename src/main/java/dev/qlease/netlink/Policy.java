package dev.qlease.netlink;

import java.util.Map;
import java.util.Optional;

/**
 * What the running kernel accepts in the requests of one operation; CTRL_CMD_GETPOLICY. With it a caller can find out
 * whether the kernel supports an attribute, without looking at its version.
 *
 * @param attributes what it accepts at the top level, by attribute number
 * @param nested the policies of nested attributes, by the index in {@link PolicyAttribute#nested()}
 */
public record Policy(Map<Integer, PolicyAttribute> attributes, Map<Integer, Map<Integer, PolicyAttribute>> nested) {
    /** Copies the maps. */
    public Policy {
        attributes = Map.copyOf(attributes);
        nested = Map.copyOf(nested);
    }

    /**
     * Returns what the kernel accepts for the attribute at {@code path}, from the outermost nest inwards; empty if it
     * does not support the attribute.
     */
    public Optional<PolicyAttribute> find(Attribute... path) {
        Map<Integer, PolicyAttribute> level = attributes;
        Optional<PolicyAttribute> found = Optional.empty();
        for (Attribute attribute : path) {
            found = Optional.ofNullable(level.get(attribute.type()));
            if (found.isEmpty()) {
                return found;
            }
            level = nested.getOrDefault(found.get().nested().orElse(-1), Map.of());
        }
        return found;
    }

    /** Returns whether the kernel supports the attribute at {@code path}. */
    public boolean accepts(Attribute... path) {
        return find(path).isPresent();
    }
}
