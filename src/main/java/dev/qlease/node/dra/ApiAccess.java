package dev.qlease.node.dra;

import java.util.List;

/** What the driver may do at the API server of Kubernetes: all that it uses, and the rules of its ClusterRole. */
public final class ApiAccess {
    private static final String RESOURCE = "resource.k8s.io";

    /** The rules, each for one resource. */
    public static final List<Rule> RULES = List.of(
            // The parameters of a claim, and its allocation.
            new Rule(RESOURCE, "resourceclaims", List.of(), List.of("get")),
            // The devices in the status of a claim.
            new Rule(RESOURCE, "resourceclaims/status", List.of(), List.of("update")),
            // The same, from Kubernetes 1.36 on: those of this driver, of claims for the node of the driver's pod.
            new Rule(RESOURCE, "resourceclaims/driver", List.of(DraDriver.NAME), List.of("associated-node:update")),
            new Rule(RESOURCE, "resourceslices", List.of(), List.of("get", "create", "update")),
            // The owner of the slices, and the address pools in its annotation.
            new Rule("", "nodes", List.of(), List.of("get")),
            new Rule("events.k8s.io", "events", List.of(), List.of("create")));

    /**
     * A rule, as in a ClusterRole.
     *
     * @param group the API group; empty for the core
     * @param resource the resource, with its subresource
     * @param names the names that the rule is limited to; empty for all
     * @param verbs what is allowed
     */
    public record Rule(String group, String resource, List<String> names, List<String> verbs) {
        /** Keeps copies. */
        public Rule {
            names = List.copyOf(names);
            verbs = List.copyOf(verbs);
        }
    }

    private ApiAccess() {}
}
