package dev.qlease.lease.state;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Paths;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A lock on state: a lock for all threads of this process, and for all processes a record
 * lock of fcntl(2) on a file that only root can open. Waits for a bounded time, also on an interrupted thread.
 */
public final class StateLock {
    private static final ReentrantLock THREADS = new ReentrantLock();
    private static final int MODE = 0600;
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Many processes can wait at once, such as a CNI plugin for each pod; they must not slow the holder down. */
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Path file;
    private final Duration timeout;
    private final String purpose;
    private final Function<String, RuntimeException> refusal;

    /**
     * @param purpose what its holder does, such as "creating or deleting a lease"
     * @param refusal makes the exception for a lock that is not free in time
     */
    public StateLock(Path file, Duration timeout, String purpose, Function<String, RuntimeException> refusal) {
        this.file = file;
        this.timeout = timeout;
        this.purpose = purpose;
        this.refusal = refusal;
    }

    /** Work to do under the lock. */
    public interface Work<T> {
        T run();
    }

    /**
     * Runs {@code work} under the lock.
     *
     * @throws RuntimeException the refusal, if the lock is not free in time; the message names its holder
     * @throws LinuxException EACCES if this process may not open the file
     */
    public <T> T locked(Work<T> work) {
        long deadline = System.nanoTime() + timeout.toNanos();
        waitFor(deadline, THREADS::tryLock, () -> "another thread of this process");
        try (FileDescriptor _ = lockProcesses(deadline)) {
            return work.run();
        } finally {
            THREADS.unlock();
        }
    }

    private FileDescriptor lockProcesses(long deadline) {
        int fd = Paths.createNew(file.toString(), MODE);
        if (fd == -Errno.EEXIST.number()) {
            fd = Paths.openForWriting(file.toString());
        }
        LinuxException.check(fd, "open " + file);
        FileDescriptor descriptor = FileDescriptor.owning(fd, file.toString());
        try {
            LinuxException.check(Paths.fchmod(fd, MODE), "set the mode of " + file);
            waitFor(deadline, () -> tryLock(descriptor), () -> holder(descriptor));
            return descriptor;
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private boolean tryLock(FileDescriptor descriptor) {
        int result = Paths.tryLock(descriptor.number());
        if (result == -Errno.EAGAIN.number() || result == -Errno.EACCES.number()) {
            return false;
        }
        LinuxException.check(result, "lock " + file);
        return true;
    }

    private static String holder(FileDescriptor descriptor) {
        int pid = Paths.lockHolder(descriptor.number());
        return pid == 0 ? "another process" : "process " + pid;
    }

    /** Waits regardless of interrupts; restores the thread's interrupt status afterwards. */
    private void waitFor(long deadline, BooleanSupplier lock, Supplier<String> holder) {
        boolean interrupted = false;
        long pause = FIRST_PAUSE_NANOS;
        try {
            while (!lock.getAsBoolean()) {
                if (System.nanoTime() - deadline >= 0) {
                    throw refusal.apply(holder.get() + " has been " + purpose + " for " + timeout.toSeconds()
                            + " seconds: it holds " + file);
                }
                // While the interrupt status is set, parking would return at once every time.
                interrupted |= Thread.interrupted();
                // At random, so that those who began to wait at the same time do not try at the same time.
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(pause / 2, pause));
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
