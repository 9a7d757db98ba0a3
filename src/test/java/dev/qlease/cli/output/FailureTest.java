package dev.qlease.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.ExtendedAck;
import dev.qlease.netlink.NetlinkException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureTest {
    @ParameterizedTest
    @CsvSource({
        "EPERM, NOT_PERMITTED",
        "EACCES, NOT_PERMITTED",
        "ENODEV, NOT_FOUND",
        "EOPNOTSUPP, UNSUPPORTED",
        "ENOSYS, UNSUPPORTED",
        "EBUSY, FAILED"
    })
    void theKernelsErrorDecidesTheExitCode(Errno errno, ExitCode exitCode) {
        Failure failure = Failure.of(LinuxException.of("queue-get", errno.number()));
        assertThat(failure.exitCode()).isEqualTo(exitCode);
        assertThat(failure.errno()).hasValue(errno);
        assertThat(failure.sentence()).startsWith("queue-get: " + errno.description() + " (" + errno + ")");
    }

    @Test
    void aFailureThatIsNobodysFaultButOursSaysSo() {
        Failure failure = Failure.of(new IllegalStateException("surprise"));
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.sentence()).startsWith("internal error").contains("--debug", "surprise");
    }

    @Test
    void aReasonOfTheKernelsIsNoMissingPrivilege() {
        ExtendedAck reason = new ExtendedAck(
                Optional.of("IPv6 is disabled on this device"),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        Failure failure = Failure.of(new NetlinkException("newaddr", Errno.EACCES.number(), reason));
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.sentence()).isEqualTo("newaddr: IPv6 is disabled on this device (EACCES)");
        Failure refused = Failure.of(LinuxException.of("open /dev/x", Errno.EACCES.number()));
        assertThat(refused.sentence()).endsWith("; run it as root, or with the required capability");
    }

    @Test
    void errorsAreSentencesToo() throws IOException {
        assertThat(Failure.of(new OutOfMemoryError("Java heap space")).sentence())
                .isEqualTo("this takes more memory than Java may use (Java heap space): request less");
        assertThat(Failure.of(new StackOverflowError()).sentence()).doesNotContain("internal error");
        assertThat(json(Failure.of(new OutOfMemoryError("Java heap space")))).endsWith(",\"exit\":1}");
        assertThat(Failure.of(new InvalidPathException("a\0b", "Nul character not allowed"))
                        .exitCode())
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void missingNativeAccessIsToldInItsOwnWords() {
        assertThat(Failure.of(new UnsatisfiedLinkError("start it with a flag")).sentence())
                .isEqualTo("start it with a flag");
    }

    @Test
    void asJsonItIsAnObjectWithAnError() throws IOException {
        assertThat(json(Failure.of(LinuxException.of("open \"x\"", Errno.EBUSY.number()))))
                .isEqualTo(
                        "{\"error\":\"open \\\"x\\\": Device or resource busy (EBUSY)\",\"errno\":\"EBUSY\",\"exit\":1}");
        assertThat(json(Failure.of(new CommandException(ExitCode.USAGE, "no"))))
                .isEqualTo("{\"error\":\"no\",\"exit\":2}");
    }

    private static String json(Failure failure) throws IOException {
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        new Output(OutputStream.nullOutputStream(), error).fail(failure, true);
        return error.toString(StandardCharsets.UTF_8).stripTrailing();
    }
}
