package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.RssInputTransform;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program is told that was started without the right to call native functions. */
class NativeAccessTest {
    /** The ways in which a program can begin. */
    static final class Program {
        private Program() {}

        public static void main(String[] args) {
            try {
                switch (args[0]) {
                    case "descriptor" -> FileDescriptor.open(Path.of("/dev/null"), 0);
                    case "namespace" -> NetworkNamespace.current();
                    case "generic" -> GenericNetlink.open();
                    case "ethtool" -> Ethtool.open();
                    case "tcp-data-split" -> TcpDataSplit.ENABLED.toString();
                    case "flow-rule" -> FlowRule.of(FlowMatch.tcp4(), FlowAction.drop());
                    case "input-xfrm" -> RssChange.NONE.inputXfrm(RssInputTransform.SYM_XOR);
                    case "errno" -> Errno.of(2);
                    case "errno-constant" -> Errno.ENODEV.name();
                    case "exception" -> LinuxException.of("look", 2);
                    case "socket" -> NetlinkSocket.open(NetlinkProtocol.ROUTE);
                    default -> throw new IllegalArgumentException(args[0]);
                }
                System.out.print("opened");
            } catch (UnsatisfiedLinkError e) {
                System.out.print(e.getMessage());
            }
        }
    }

    private static String run(String flag, String way) throws Exception {
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        flag,
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Program.class.getName(),
                        way)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(java.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            java.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "descriptor",
                "namespace",
                "generic",
                "socket",
                "ethtool",
                "tcp-data-split",
                "flow-rule",
                "input-xfrm",
                "errno",
                "errno-constant",
                "exception"
            })
    void deniedItSaysInOneSentenceWhichFlagToPass(String way) throws Exception {
        assertThat(run("--illegal-native-access=deny", way))
                .isEqualTo("qlease calls the kernel through native functions, which this Java was told to deny:"
                        + " start it with --enable-native-access=ALL-UNNAMED");
    }

    @ParameterizedTest
    @ValueSource(strings = "descriptor")
    void withTheFlagItWorks(String way) throws Exception {
        assertThat(run("--enable-native-access=ALL-UNNAMED", way)).isEqualTo("opened");
    }
}
