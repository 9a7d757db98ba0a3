package dev.qlease.node;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the agent has done for a request.
 *
 * @param kind whether it was granted
 * @param reason why not; empty if it was granted
 * @param pid the process that made the request, as seen from here; 0 if it is not visible
 * @param uid the effective user that made it
 * @param netns the cookie of the network namespace from which it was made
 * @param lease the name of the lease; empty if none is known
 * @param device the device as the request names it; empty if the request was not read. Foreign text
 * @param queues the bound queues, or those that the request names
 * @param binding the id of the binding
 * @param sentence what was done, or why not; can contain foreign text
 */
public record NodeEvent(
        Kind kind,
        Optional<BindingRefusedException.Reason> reason,
        int pid,
        int uid,
        long netns,
        String lease,
        String device,
        List<Integer> queues,
        OptionalInt binding,
        String sentence) {
    /** What became of a request, or of several. */
    public enum Kind {
        /** A dma-buf was bound. */
        BOUND,
        /** A request was refused. */
        REFUSED,
        /** A namespace has made so many requests that not all are reported. */
        SUPPRESSED,
        /** The agent itself has a problem. */
        PROBLEM
    }

    /** Keeps a copy of the list. */
    public NodeEvent {
        queues = List.copyOf(queues);
    }

    static NodeEvent of(Kind kind, long netns, String sentence) {
        return new NodeEvent(kind, Optional.empty(), 0, 0, netns, "", "", List.of(), OptionalInt.empty(), sentence);
    }
}
