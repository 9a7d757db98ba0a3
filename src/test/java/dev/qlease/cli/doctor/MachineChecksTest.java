package dev.qlease.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineChecksTest {
    private static final String INITIAL = "user:[4026531837]";
    private static final String OWN = "user:[4026532567]";
    private static final long ALL = 0x1ffffffffffL;

    /** What container engines leave to root: no CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_BPF and CAP_IPC_LOCK. */
    private static final long CONTAINER = 0xa80425fbL;

    @TempDir
    private Path root;

    private MachineChecks checks(long effective, long bounding, boolean seccomp, String userNamespace) {
        return new MachineChecks(
                root,
                NetworkNamespace.ofCaller(),
                new Permissions(
                        Optional.of(effective), Optional.of(bounding), seccomp, Optional.of(userNamespace), ""));
    }

    private MachineChecks checks() {
        return checks(ALL, ALL, false, INITIAL);
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text + "\n");
    }

    private void pool(String name, int total, int free) throws IOException {
        String directory = "sys/kernel/mm/hugepages/" + name;
        write(directory + "/nr_hugepages", Integer.toString(total));
        write(directory + "/free_hugepages", Integer.toString(free));
        write(directory + "/resv_hugepages", "0");
    }

    private static Finding named(String check, List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.check().equals(check))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void hugePagesAreReservedInThePoolOfTheirSize() throws IOException {
        pool("hugepages-32768kB", 10, 10);
        pool("hugepages-2048kB", 5, 0);
        Finding finding = checks().hugePages();
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.NO);
        assertThat(finding.detail()).startsWith("0 of 2 MiB are free");
        assertThat(finding.remedy())
                .contains("echo 69 >" + root + "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
        pool("hugepages-2048kB", 5, 3);
        assertThat(checks().hugePages().verdict()).isEqualTo(Finding.Verdict.YES);
    }

    @Test
    void aKernelWithAnotherDefaultSizeReservesPagesOfThat() throws IOException {
        pool("hugepages-16384kB", 5, 0);
        write("proc/meminfo", "Hugepagesize:    16384 kB");
        Finding finding = checks().hugePages();
        assertThat(finding.detail()).startsWith("0 of 16 MiB are free");
        assertThat(finding.remedy())
                .contains("echo 69 >" + root + "/sys/kernel/mm/hugepages/hugepages-16384kB/nr_hugepages");
    }

    @Test
    void aKernelWithoutHugePagesCannotReserveAny() throws IOException {
        Finding finding = checks().hugePages();
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.NO);
        assertThat(finding.detail()).startsWith("this kernel has none of 2 MiB");
        assertThat(finding.remedy().orElseThrow()).doesNotContain("echo");
    }

    @Test
    void aPoolThatIsNotUnderstoodIsUnknown() throws IOException {
        pool("hugepages-2048kB", 5, 3);
        write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "many");
        assertThat(checks().hugePages().verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
        Files.delete(root.resolve("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
        assertThat(checks().hugePages().detail()).contains("free_hugepages", "ENOENT");
    }

    @Test
    void capabilitiesCountInTheInitialUserNamespace() {
        assertThat(checks().capabilities())
                .hasSize(4)
                .allSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Finding.Verdict.YES));
        List<Finding> inside = checks(ALL, ALL, false, OWN).capabilities();
        assertThat(inside)
                .allSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Finding.Verdict.NO))
                .allSatisfy(finding -> assertThat(finding.remedy()).contains(Permissions.INITIAL_NAMESPACE));
        assertThat(named("cap_net_admin", inside).detail())
                .isEqualTo(
                        "held in a user namespace of its own, which suffices for receiving in its network namespaces,"
                                + " not for leasing");
        assertThat(named("cap_bpf", checks(0, ALL, false, OWN).capabilities()).detail())
                .isEqualTo("for redirecting with BPF programs");
    }

    @Test
    void rootWithoutACapabilityIsNotSentToRoot() {
        assertThat(named("cap_net_admin", checks(0, ALL, false, INITIAL).capabilities())
                        .remedy())
                .contains("run as root, or with CAP_NET_ADMIN");
        assertThat(named(
                                "cap_net_admin",
                                checks(CONTAINER, CONTAINER, true, INITIAL).capabilities())
                        .remedy()
                        .orElseThrow())
                .contains("add CAP_NET_ADMIN to the container (--cap-add)")
                .doesNotContain("run as root");
    }

    @Test
    void capabilitiesThatCannotBeReadAreUnknown() {
        Permissions none = new Permissions(Optional.empty(), Optional.empty(), false, Optional.empty(), "no /proc");
        MachineChecks checks = new MachineChecks(root, NetworkNamespace.ofCaller(), none);
        assertThat(checks.capabilities())
                .hasSize(4)
                .allSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Finding.Verdict.UNKNOWN))
                .allSatisfy(finding -> assertThat(finding.detail()).isEqualTo("no /proc"));
        assertThat(checks.userNamespace().verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
    }

    @Test
    void aUserNamespaceAndAFilterAreRowsOfTheirOwn() {
        MachineChecks confined = checks(ALL, ALL, true, OWN);
        assertThat(confined.userNamespace().remedy()).contains(Permissions.INITIAL_NAMESPACE);
        assertThat(confined.seccomp().verdict()).isEqualTo(Finding.Verdict.NO);
        assertThat(confined.seccomp().remedy()).contains(Permissions.WITHOUT_FILTER);
        assertThat(checks().userNamespace().verdict()).isEqualTo(Finding.Verdict.YES);
        assertThat(checks().seccomp()).isEqualTo(Finding.yes("no seccomp filter", "none"));
    }

    @Test
    void tooLittleRoomForCompletionsIsNamedWithItsRemedy() throws IOException {
        write("proc/sys/net/core/optmem_max", "20480");
        assertThat(checks().optmemMax().verdict()).isEqualTo(Finding.Verdict.NO);
        assertThat(checks().optmemMax().remedy()).contains("sysctl -w net.core.optmem_max=131072");
        write("proc/sys/net/core/optmem_max", "131072");
        assertThat(checks().optmemMax().verdict()).isEqualTo(Finding.Verdict.YES);
        write("proc/sys/net/core/optmem_max", "much");
        assertThat(checks().optmemMax().verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
    }
}
