package dev.qlease.netlink;

/**
 * What a {@link NotificationSocket} hears.
 *
 * @param <T> what its decoder makes of a message
 */
public sealed interface Notification<T> {
    /**
     * Something happened.
     *
     * @param value what
     */
    record Event<T>(T value) implements Notification<T> {}

    /**
     * The kernel threw notifications away because they were not read fast enough (ENOBUFS). Nobody knows which: whoever
     * keeps a picture of things reads it anew. Those from here on are whole again.
     */
    record Missed<T>() implements Notification<T> {}
}
