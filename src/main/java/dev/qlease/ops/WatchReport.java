package dev.qlease.ops;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Reports what is changed, and the state of what is watched when it has changed, not each time it is looked at. */
final class WatchReport {
    private final Consumer<Watch.Event> listener;
    private final Map<String, Watch.Event> last = new HashMap<>();

    WatchReport(Consumer<Watch.Event> listener) {
        this.listener = listener;
    }

    /** Reports something that has happened. */
    void happened(Watch.Kind kind, String about, String sentence) {
        listener.accept(new Watch.Event(kind, about, sentence));
    }

    /** Reports a state that {@code about} is in from now on, unless that is reported already. */
    void state(Watch.Kind kind, String about, String sentence) {
        Watch.Event event = new Watch.Event(kind, about, sentence);
        if (!event.equals(last.put(about, event))) {
            listener.accept(event);
        }
    }

    /** Ends the state of {@code about}, so that the same state is reported when it occurs again. */
    void end(String about) {
        last.remove(about);
    }

    /** Ends the states of all others. */
    void endOthers(Set<String> known) {
        last.keySet().retainAll(known);
    }

    /** Returns the number of those that are in a state of this kind. */
    long count(Watch.Kind kind) {
        return last.values().stream().filter(event -> event.kind() == kind).count();
    }

    /** Reports all sentences as one state. */
    void states(Watch.Kind kind, String about, List<String> sentences) {
        state(kind, about, String.join("; ", sentences));
    }
}
