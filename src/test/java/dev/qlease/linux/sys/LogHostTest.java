package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the library logs in a program that sets nothing up for it. */
@Tag("host")
class LogHostTest {
    private static String errors(String... options) throws Exception {
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "--enable-native-access=ALL-UNNAMED");
        java.command().addAll(List.of(options));
        java.command().addAll(List.of("-cp", "target/classes:target/test-classes", Program.class.getName()));
        Process process = java.start();
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(errors).isZero();
        return errors;
    }

    @Test
    void nothingIsPrintedWithoutALoggersProvider() throws Exception {
        assertThat(errors()).isEmpty();
    }

    @Test
    void whatIsAskedForGoesToTheSystemsLogger() throws Exception {
        String errors = errors("--limit-modules=java.base,java.compiler", "-Djdk.system.logger.level=TRACE");
        assertThat(errors).contains("-> getfamily", "<- getfamily");
    }

    /** Uses the library as others do. */
    static final class Program {
        public static void main(String[] arguments) {
            try (Netdev netdev = Netdev.open(NetworkNamespace.ofCaller())) {
                netdev.queues();
            }
        }
    }
}
