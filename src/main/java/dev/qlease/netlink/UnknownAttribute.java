package dev.qlease.netlink;

/**
 * An attribute of a reply for which this library has no name, such as those that only newer kernels send.
 *
 * @param type its number
 * @param payload its bytes, in hexadecimal
 */
public record UnknownAttribute(int type, String payload) {
    @Override
    public String toString() {
        return type + ":" + payload;
    }
}
