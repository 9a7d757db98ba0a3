package dev.qlease.cli.doctor;

import dev.qlease.cli.output.Failure;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.NetlinkException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What may keep this process from using what the kernel supports: missing capabilities, a seccomp filter, a user
 * namespace of its own; proc_pid_status(5), user_namespaces(7).
 *
 * @param effective the effective capabilities, a bit each; empty if they cannot be determined
 * @param bounding the bounding set, which limits the capabilities that it can gain
 * @param seccomp whether a filter restricts its system calls
 * @param userNamespace its user namespace, such as {@code user:[4026531837]}
 * @param failure why something could not be determined
 */
record Permissions(
        Optional<Long> effective,
        Optional<Long> bounding,
        boolean seccomp,
        Optional<String> userNamespace,
        String failure) {
    /** What to do about a seccomp filter. */
    static final String WITHOUT_FILTER = "run it without the filter: a container with --security-opt"
            + " seccomp=unconfined, a systemd unit without SystemCallFilter= and RestrictAddressFamilies=";

    /** What to do about a user namespace. */
    static final String INITIAL_NAMESPACE = "run it in the initial user namespace, outside of rootless containers";

    /** The first user namespace; PROC_USER_INIT_INO of linux/proc_ns.h. */
    private static final String INITIAL = "user:[4026531837]";

    /** SECCOMP_MODE_FILTER of linux/seccomp.h. */
    private static final String FILTER = "2";

    /** Reads the permissions of a process from its directory in /proc. */
    static Permissions of(Path process) {
        String failure = "";
        String status = "";
        try {
            status = KernelFiles.read(process.resolve("status"));
        } catch (LinuxException e) {
            failure = Failure.message(e);
        }
        Optional<String> userNamespace = Optional.empty();
        try {
            userNamespace = Optional.of(KernelFiles.readLink(process.resolve("ns/user")));
        } catch (LinuxException e) {
            failure = Failure.message(e);
        }
        return new Permissions(
                capabilities(status, "CapEff:"),
                capabilities(status, "CapBnd:"),
                field(status, "Seccomp:").filter(FILTER::equals).isPresent(),
                userNamespace,
                failure);
    }

    private static Optional<String> field(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst();
    }

    private static Optional<Long> capabilities(String status, String name) {
        return field(status, name).map(bits -> Long.parseUnsignedLong(bits, 16));
    }

    /** Returns whether its capabilities apply only to resources of a user namespace other than the initial one. */
    boolean inOwnUserNamespace() {
        return userNamespace.filter(namespace -> !namespace.equals(INITIAL)).isPresent();
    }

    /** Returns the finding that {@code check} cannot be determined because of {@code failure}. */
    Finding unknown(String check, Throwable failure) {
        return confined(check, failure).orElseGet(() -> Finding.unknown(check, failure));
    }

    /** Returns the finding that {@code check} is missing, or unknown if the process's confinement may be the cause. */
    Finding missing(String check, LinuxException failure, String remedy) {
        return confined(check, failure).orElseGet(() -> Finding.missing(check, failure, remedy));
    }

    /** Returns a finding of unknown if the process's confinement may be the cause of the failure; empty otherwise. */
    Optional<Finding> confined(String check, Throwable thrown) {
        if (!(thrown instanceof LinuxException failure)) {
            return Optional.empty();
        }
        if (seccomp && isSystemCall(failure)) {
            // Any supported kernel has these system calls and address families.
            if (failure.is(Errno.ENOSYS) || failure.is(Errno.EAFNOSUPPORT)) {
                return Optional.of(
                        because(check, failure, "this process has a seccomp filter, which refuses it", WITHOUT_FILTER));
            }
            if (failure.is(Errno.EPERM) && !inOwnUserNamespace()) {
                return Optional.of(because(
                        check, failure, "this process has a seccomp filter, which may refuse it", WITHOUT_FILTER));
            }
        }
        if (inOwnUserNamespace() && (failure.is(Errno.EPERM) || failure.is(Errno.EACCES))) {
            boolean filter = seccomp && failure.is(Errno.EPERM) && isSystemCall(failure);
            return Optional.of(because(
                    check,
                    failure,
                    "this process has a user namespace of its own, whose root and capabilities have no effect"
                            + " outside it" + (filter ? ", and a seccomp filter, which may refuse it, too" : ""),
                    INITIAL_NAMESPACE + (filter ? "; " + WITHOUT_FILTER : "")));
        }
        return Optional.empty();
    }

    /** Returns whether a filter may be the cause: it sees neither netlink messages nor the names of files. */
    private static boolean isSystemCall(LinuxException failure) {
        return !(failure instanceof NetlinkException)
                && !(failure.getCause() instanceof NetlinkException)
                && !failure.operation().startsWith("open /");
    }

    private static Finding because(String check, LinuxException failure, String cause, String remedy) {
        return Finding.unknown(check, Failure.message(failure) + "; " + cause, remedy);
    }
}
