package dev.qlease.netlink;

/**
 * Decodes a message into a value.
 *
 * <p>It may be called on the thread of another request of the same socket, so it must only read. The message is valid
 * until it returns.
 *
 * @param <T> the type of the value
 */
@FunctionalInterface
public interface Decoder<T> {
    /** Returns the value that {@code message} carries. */
    T decode(NetlinkMessage message);
}
