package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.io.StringWriter;
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
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            failure.writeTo(json);
        }
        return text.toString();
    }
}
