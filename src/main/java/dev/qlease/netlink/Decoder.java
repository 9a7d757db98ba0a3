package dev.qlease.netlink;

/**
 * Makes a value of a message.
 *
 * <p>It may be called on the thread of another request of the same socket, so it does nothing but read. The message is
 * valid until it returns.
 *
 * @param <T> the value
 */
@FunctionalInterface
public interface Decoder<T> {
    /** The value that {@code message} carries. */
    T decode(NetlinkMessage message);
}
