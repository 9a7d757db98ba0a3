package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TransferProgressTest {
    private static final long MEBIBYTE = 1 << 20;
    private static final long SECOND = 1_000_000_000;

    @Test
    void aFileHasABarAndATimeLeft() {
        assertThat(TransferProgress.line(0, OptionalLong.of(10 * MEBIBYTE), SECOND))
                .isEqualTo("  0%  0.0 MiB  0.0 MiB/s  [>                             ]");
        assertThat(TransferProgress.line(5 * MEBIBYTE, OptionalLong.of(10 * MEBIBYTE), 2 * SECOND))
                .isEqualTo(" 50%  5.0 MiB  2.5 MiB/s  2 s left  [===============>              ]");
        assertThat(TransferProgress.line(10 * MEBIBYTE, OptionalLong.of(10 * MEBIBYTE), 4 * SECOND))
                .isEqualTo("100%  10.0 MiB  2.5 MiB/s  [==============================]");
    }

    @Test
    void aFileThatGrowsIsNeverMoreThanAll() {
        assertThat(TransferProgress.line(11 * MEBIBYTE, OptionalLong.of(10 * MEBIBYTE), SECOND))
                .isEqualTo("100%  11.0 MiB  11.0 MiB/s  [==============================]");
    }

    @Test
    void whatHasNoKnownEndHasNoBar() {
        assertThat(TransferProgress.line(3 * MEBIBYTE, OptionalLong.empty(), 2 * SECOND))
                .isEqualTo("3.0 MiB  1.5 MiB/s");
        assertThat(TransferProgress.line(0, OptionalLong.empty(), 0)).isEqualTo("0.0 MiB  0.0 MiB/s");
    }
}
