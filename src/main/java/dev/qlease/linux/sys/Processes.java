package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls about the calling thread and process. */
public final class Processes {
    private Processes() {}

    private static final class Geteuid {
        static final MethodHandle CALL = Native.link(Native.symbol("geteuid"), Libc.geteuid$descriptor());
    }

    /** geteuid(2), which cannot fail. */
    public static int geteuid() {
        return Native.call(Geteuid.CALL);
    }

    private static final class Setns {
        static final MethodHandle CALL = Native.link(Native.symbol("setns"), Libc.setns$descriptor());
    }

    /** setns(2): moves the calling thread. */
    public static int setns(int fd, int type) {
        return Native.call(Setns.CALL, fd, type);
    }

    private static final class Unshare {
        static final MethodHandle CALL = Native.link(Native.symbol("unshare"), Libc.unshare$descriptor());
    }

    /** unshare(2): for the calling thread. */
    public static int unshare(int flags) {
        return Native.callOnce(Unshare.CALL, flags);
    }

    private static final class Mount {
        static final MethodHandle CALL = Native.link(Native.symbol("mount"), Libc.mount$descriptor());
    }

    /** mount(2). */
    public static int mount(
            MemorySegment source, MemorySegment target, MemorySegment type, long flags, MemorySegment data) {
        return Native.call(Mount.CALL, source, target, type, flags, data);
    }

    private static final class Umount2 {
        static final MethodHandle CALL = Native.link(Native.symbol("umount2"), Libc.umount2$descriptor());
    }

    /** umount2(2). */
    public static int umount(MemorySegment target, int flags) {
        return Native.call(Umount2.CALL, target, flags);
    }

    private static final class Getrlimit {
        static final MethodHandle CALL = Native.link(Native.symbol("getrlimit"), Libc.getrlimit$descriptor());
    }

    /** getrlimit(2). */
    public static int getrlimit(int resource, MemorySegment limit) {
        return Native.call(Getrlimit.CALL, resource, limit);
    }

    private static final class Setrlimit {
        static final MethodHandle CALL = Native.link(Native.symbol("setrlimit"), Libc.setrlimit$descriptor());
    }

    /** setrlimit(2). */
    public static int setrlimit(int resource, MemorySegment limit) {
        return Native.call(Setrlimit.CALL, resource, limit);
    }
}
