package dev.qlease.ops;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Paths;
import java.nio.file.Path;

/** A lock that one process holds as long as it runs: a record lock of fcntl(2), which ends with the process. */
public final class InstanceLock implements AutoCloseable {
    private static final int MODE = 0600;

    private final FileDescriptor file;

    private InstanceLock(FileDescriptor file) {
        this.file = file;
    }

    /**
     * Takes the lock without waiting.
     *
     * @param path the file, in a directory that only root can write to
     * @param command the command that holds it while it runs, such as {@code qlease watch}
     * @param unit the systemd unit that runs the command
     * @throws OpsException if another process holds it; the message names the process
     */
    public static InstanceLock take(Path path, String command, String unit) {
        int fd = Paths.createNew(path.toString(), MODE);
        if (fd == -Errno.EEXIST.number()) {
            fd = Paths.openForWriting(path.toString());
        }
        FileDescriptor file = FileDescriptor.owning(LinuxException.check(fd, "open " + path), path.toString());
        try {
            int result = Paths.tryLock(file.number());
            if (result == -Errno.EAGAIN.number() || result == -Errno.EACCES.number()) {
                int pid = Paths.lockHolder(file.number());
                throw new OpsException(
                        OpsException.Reason.STATE,
                        command + " is running already, as " + (pid == 0 ? "another process" : "process " + pid)
                                + ", which holds " + path + "; systemctl stop " + unit
                                + ", or end that process, first");
            }
            LinuxException.check(result, "lock " + path);
            return new InstanceLock(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Releases the lock. Idempotent. */
    @Override
    public void close() {
        file.close();
    }
}
