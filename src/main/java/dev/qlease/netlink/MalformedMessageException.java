package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.io.Serial;

/** A netlink message with inconsistent lengths or attributes, or without a required attribute. */
public final class MalformedMessageException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    /**
     * @param what the message or the part of it that is wrong
     * @param detail what is wrong with it
     */
    public MalformedMessageException(String what, String detail) {
        super(what, Errno.EBADMSG.number(), detail);
    }
}
