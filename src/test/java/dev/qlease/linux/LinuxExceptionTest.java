package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class LinuxExceptionTest {
    @Test
    void itSaysWhatWasDoneAndWhatWentWrong() {
        LinuxException e = new LinuxException("open /run/netns/blue", 2);
        assertThat(e).hasMessage("open /run/netns/blue: No such file or directory (ENOENT)");
        assertThat(e.operation()).isEqualTo("open /run/netns/blue");
        assertThat(e.number()).isEqualTo(2);
        assertThat(e.errno()).contains(Errno.ENOENT);
        assertThat(e.is(Errno.ENOENT)).isTrue();
        assertThat(e.is(Errno.EPERM)).isFalse();
    }

    @Test
    void numbersWithoutANameAreShown() {
        assertThat(new LinuxException("x", 999)).hasMessage("x: unknown error (error 999)");
        assertThat(new LinuxException("x", 999).errno()).isEmpty();
    }

    @Test
    void resultsThatAreNoErrorsPass() {
        assertThat(LinuxException.check(0, "x")).isZero();
        assertThat(LinuxException.check(7, "x")).isEqualTo(7);
        assertThat(LinuxException.check(1L << 40, "x")).isEqualTo(1L << 40);
    }

    @Test
    void errorsAreThrownByTheirType() {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> LinuxException.check(-1, "x"))
                .isNotInstanceOf(UnsupportedException.class);
        assertThatExceptionOfType(UnsupportedException.class)
                .isThrownBy(() -> LinuxException.check(-95L, "x"))
                .withMessage("x: Operation not supported on transport endpoint (EOPNOTSUPP)")
                .matches(e -> e.is(Errno.EOPNOTSUPP) && e.getCause() instanceof LinuxException);
        assertThatExceptionOfType(UnsupportedException.class)
                .isThrownBy(() -> LinuxException.check(-524, "x"))
                .withMessage("x: unknown error (error 524)");
    }
}
