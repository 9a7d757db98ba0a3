package dev.qlease.linux.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * File systems that are mounted nowhere and gone with their descriptor: fsopen(2), fsconfig(2), fsmount(2), Linux 5.2.
 */
public final class DetachedMounts {
    /** System calls from 424 on have the same numbers on all machines; asm-generic/unistd.h. */
    private static final int FSOPEN = 430;

    private static final int FSCONFIG = 431;
    private static final int FSMOUNT = 432;

    /** linux/mount.h. */
    private static final int FSOPEN_CLOEXEC = 1;

    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int FSMOUNT_CLOEXEC = 1;

    private DetachedMounts() {}

    private static final class Syscall {
        static final MemorySegment CALL = Native.symbol("syscall");
    }

    /**
     * Mounts a file system without options: a new descriptor of its root, or the negative error.
     *
     * @param type such as {@code sysfs}, which shows the network namespace of the calling thread
     */
    public static int mount(String type) {
        try (Arena arena = Arena.ofConfined()) {
            int context = Native.call(Syscall.CALL, FSOPEN, Native.address(arena.allocateFrom(type)), FSOPEN_CLOEXEC);
            if (context < 0) {
                return context;
            }
            try {
                int created = Native.call(Syscall.CALL, FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
                return created < 0 ? created : Native.call(Syscall.CALL, FSMOUNT, context, FSMOUNT_CLOEXEC, 0);
            } finally {
                Files.close(context);
            }
        }
    }
}
