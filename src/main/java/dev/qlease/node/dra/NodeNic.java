package dev.qlease.node.dra;

import java.util.Map;

/**
 * A NIC whose queues can be leased, as it is published. Immutable.
 *
 * @param device its name in the ResourceSlice, a DNS label
 * @param ifname the name of its network device
 * @param queues the number of queues that claims can have in all
 * @param carrier whether it has a link
 * @param attributes its attributes: each a String, a Long or a Boolean
 */
record NodeNic(String device, String ifname, int queues, boolean carrier, Map<String, Object> attributes) {
    /** Keeps a copy. */
    NodeNic {
        attributes = Map.copyOf(attributes);
    }
}
