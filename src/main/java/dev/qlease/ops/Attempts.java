package dev.qlease.ops;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What was applied last and in which circumstances. In the same circumstances nothing is applied a second time: what an
 * administrator or a guest has changed since stays so, and what has failed is not tried again before something changes
 * that it can depend on.
 */
final class Attempts {
    private final Map<String, Attempt> last = new HashMap<>();

    /**
     * An attempt.
     *
     * @param circumstances what was to be applied to what
     * @param failedIn what else a failure can depend on; empty if it succeeded
     */
    private record Attempt(Object circumstances, Optional<Object> failedIn) {}

    /**
     * Returns whether something is to be applied.
     *
     * @param circumstances what is to be applied to what, by equality
     * @param surroundings what else a failure can depend on, by equality
     */
    boolean isDue(String what, Object circumstances, Object surroundings) {
        Attempt before = last.get(what);
        return before == null
                || !before.circumstances().equals(circumstances)
                || before.failedIn().filter(then -> !then.equals(surroundings)).isPresent();
    }

    /** Returns whether the last attempt in these circumstances succeeded. */
    boolean hasSucceeded(String what, Object circumstances) {
        Attempt before = last.get(what);
        return before != null
                && before.circumstances().equals(circumstances)
                && before.failedIn().isEmpty();
    }

    void succeeded(String what, Object circumstances) {
        last.put(what, new Attempt(circumstances, Optional.empty()));
    }

    void failed(String what, Object circumstances, Object surroundings) {
        last.put(what, new Attempt(circumstances, Optional.of(surroundings)));
    }

    /** Forgets an attempt, so that the next look makes another one. */
    void forget(String what) {
        last.remove(what);
    }

    /** Forgets the attempts that failed. */
    void forgetFailed() {
        last.values().removeIf(attempt -> attempt.failedIn().isPresent());
    }

    /** Forgets the attempts of all others, which are no longer described. */
    void forgetOthers(Set<String> known) {
        last.keySet().retainAll(known);
    }

    void forgetAll() {
        last.clear();
    }
}
