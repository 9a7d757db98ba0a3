package dev.qlease.netlink;

/**
 * An attribute of a reply that this library has no name for, as a newer kernel sends.
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
