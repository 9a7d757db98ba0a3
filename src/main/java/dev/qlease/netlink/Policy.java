package dev.qlease.netlink;

import java.util.Map;
import java.util.Optional;

/**
 * What the running kernel accepts in the requests of one operation; CTRL_CMD_GETPOLICY. So a caller asks whether the
 * kernel knows an attribute, not which version it is.
 *
 * @param attributes what it accepts at the top, by attribute number
 * @param nested the policies for what is inside nests, by the index that {@link PolicyAttribute#nested()} gives
 */
public record Policy(Map<Integer, PolicyAttribute> attributes, Map<Integer, Map<Integer, PolicyAttribute>> nested) {
    /** Keeps copies of the maps. */
    public Policy {
        attributes = Map.copyOf(attributes);
        nested = Map.copyOf(nested);
    }

    /**
     * What it accepts for the attribute that {@code path} leads to, from the outermost nest inwards; empty if it does not
     * know it.
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

    /** Whether it knows the attribute that {@code path} leads to. */
    public boolean accepts(Attribute... path) {
        return find(path).isPresent();
    }
}
