package dev.qlease.netlink;

/**
 * An event that a {@link NotificationSocket} delivers.
 *
 * @param <T> the type of the decoder's values
 */
public sealed interface Notification<T> {
    /**
     * A notification from the kernel.
     *
     * @param value the decoded message
     */
    record Event<T>(T value) implements Notification<T> {}

    /**
     * A loss of notifications: the kernel dropped some because they were not read fast enough (ENOBUFS). It is unknown
     * which: a caller that tracks state must read it again. Later notifications are complete again.
     */
    record Missed<T>() implements Notification<T> {}
}
