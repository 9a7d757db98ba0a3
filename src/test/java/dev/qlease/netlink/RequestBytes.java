package dev.qlease.netlink;

import java.lang.foreign.ValueLayout;

/** What a request would send, for tests of the family packages, which see its methods only. */
public final class RequestBytes {
    private RequestBytes() {}

    /** All of {@code request} with its netlink header, as sequence number 1 and without the flags of its sending. */
    public static byte[] of(Request request) {
        return request.seal(1).message().toArray(ValueLayout.JAVA_BYTE);
    }
}
