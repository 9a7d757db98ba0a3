package dev.qlease.ops;

import java.time.Instant;
import java.util.List;

/**
 * An entry of the history.
 *
 * @param when when it was
 * @param who who did it
 * @param command apply, confirm, rollback or watch
 * @param outcome how it ended, as a sentence
 * @param changes the changes, each as a line
 */
public record HistoryEntry(Instant when, Who who, String command, String outcome, List<String> changes) {}
