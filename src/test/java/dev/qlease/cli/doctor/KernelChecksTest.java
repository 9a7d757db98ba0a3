package dev.qlease.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import org.junit.jupiter.api.Test;

class KernelChecksTest {
    @Test
    void aKernelWhoseNetkitPassesDeviceMemoryOnCanSendThroughALease() {
        assertThat(KernelChecks.netkitTx(() -> true))
                .isEqualTo(Finding.yes("netkit netmem_tx", "sending from device memory through a lease"));
    }

    @Test
    void aKernelThatOnlyLeasesCannot() {
        Finding finding = KernelChecks.netkitTx(() -> false);
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.NO);
        assertThat(finding.detail()).startsWith("not in this kernel");
        assertThat(finding.remedy()).contains("requires Linux 7.2");
    }

    @Test
    void withoutTypeInformationItIsUnknown() {
        Finding finding = KernelChecks.netkitTx(() -> {
            throw new UnsupportedException(
                    new LinuxException("read vmlinux", Errno.ENOENT.number(), "no CONFIG_DEBUG_INFO_BTF"));
        });
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.UNKNOWN);
        assertThat(finding.detail()).contains("no CONFIG_DEBUG_INFO_BTF");
    }
}
