package dev.qlease.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.ExtendedAck;
import dev.qlease.netlink.NetlinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process's files in /proc say about it, and which failures that explains. */
class PermissionsTest {
    private static final String INITIAL = "user:[4026531837]";
    private static final String OWN = "user:[4026532567]";

    @TempDir
    private Path process;

    private Permissions of(String seccomp, String userNamespace) throws IOException {
        Files.writeString(process.resolve("status"), """
                Name:	java
                CapInh:	0000000000000000
                CapPrm:	000001ffffffffff
                CapEff:	0000000000001000
                CapBnd:	00000000a80425fb
                NoNewPrivs:	0
                %s
                """.formatted(seccomp));
        Files.createSymbolicLink(Files.createDirectory(process.resolve("ns")).resolve("user"), Path.of(userNamespace));
        return Permissions.of(process);
    }

    private static LinuxException call(Errno errno) {
        return LinuxException.of("open netlink socket (generic)", errno.number());
    }

    private static LinuxException reply(Errno errno) {
        ExtendedAck silent = new ExtendedAck(
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return new NetlinkException("newlink nk0", errno.number(), silent);
    }

    @Test
    void theFilesAreUnderstood() throws IOException {
        Permissions permissions = of("Seccomp:\t0\nSeccomp_filters:\t2", INITIAL);
        assertThat(permissions)
                .isEqualTo(new Permissions(
                        Optional.of(0x1000L), Optional.of(0xa80425fbL), false, Optional.of(INITIAL), ""));
        assertThat(permissions.inOwnUserNamespace()).isFalse();
    }

    @Test
    void withoutProcNothingIsKnownAndTheReasonIs() {
        Permissions permissions = Permissions.of(process.resolve("absent"));
        assertThat(permissions.effective()).isEmpty();
        assertThat(permissions.userNamespace()).isEmpty();
        assertThat(permissions.inOwnUserNamespace()).isFalse();
        assertThat(permissions.failure()).contains("absent/ns/user", "ENOENT");
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"ENOSYS", "EAFNOSUPPORT"})
    void aCallThatEveryKernelHasIsRefusedByTheFilter(Errno errno) throws IOException {
        Finding finding = of("Seccomp:\t2", INITIAL).missing("dma-buf", call(errno), "requires Linux 6.8");
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
        assertThat(finding.detail())
                .startsWith("open netlink socket (generic): ")
                .endsWith("(" + errno + "); this process has a seccomp filter, which refuses it");
        assertThat(finding.remedy()).contains(Permissions.WITHOUT_FILTER);
    }

    @Test
    void aCallThatTakesACapabilityMayBeRefusedByTheFilter() throws IOException {
        assertThat(of("Seccomp:\t2", INITIAL)
                        .unknown("queue-get", call(Errno.EPERM))
                        .detail())
                .endsWith("(EPERM); this process has a seccomp filter, which may refuse it");
    }

    @Test
    void aFilterSeesNeitherMessagesNorPaths() throws IOException {
        Permissions permissions = of("Seccomp:\t2", INITIAL);
        assertThat(permissions.confined("netkit", reply(Errno.EPERM))).isEmpty();
        assertThat(permissions.confined("bind-tx", new UnsupportedException(reply(Errno.ENOSYS))))
                .isEmpty();
        assertThat(permissions.confined("dma-buf", new LinuxException("open /dev/udmabuf", Errno.EPERM.number())))
                .isEmpty();
        assertThat(permissions.confined("dma-buf", call(Errno.ENOMEM))).isEmpty();
        assertThat(permissions.confined("leases", new IllegalStateException("closed")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"EPERM", "EACCES"})
    void whatIsNotOfTheUserNamespaceIsRefusedForIt(Errno errno) throws IOException {
        Finding finding = of("Seccomp:\t0", OWN).unknown("netkit", reply(errno));
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
        assertThat(finding.detail())
                .contains("(" + errno + "); this process has a user namespace of its own")
                .endsWith("have no effect outside it");
        assertThat(finding.remedy()).contains(Permissions.INITIAL_NAMESPACE);
    }

    @Test
    void bothAreNamedWhereEitherMayBeTheCause() throws IOException {
        Permissions permissions = of("Seccomp:\t2", OWN);
        Finding either = permissions.unknown("queue-get", call(Errno.EPERM));
        assertThat(either.detail())
                .contains("a user namespace of its own", "a seccomp filter, which may refuse it, too");
        assertThat(either.remedy().orElseThrow()).contains(Permissions.INITIAL_NAMESPACE, Permissions.WITHOUT_FILTER);
        assertThat(permissions.unknown("netkit", reply(Errno.EPERM)).detail())
                .contains("a user namespace of its own")
                .doesNotContain("seccomp");
    }

    @Test
    void aProcessThatNothingConfinesLacksWhatTheMachineLacks() throws IOException {
        Permissions permissions = of("", INITIAL);
        assertThat(permissions.missing("dma-buf", call(Errno.ENOSYS), "build a kernel"))
                .isEqualTo(Finding.missing("dma-buf", call(Errno.ENOSYS), "build a kernel"));
        assertThat(permissions.unknown("netkit", reply(Errno.EPERM)))
                .isEqualTo(Finding.unknown("netkit", reply(Errno.EPERM)));
    }
}
