package dev.qlease.cli.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.node.NodeOptions.Request;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.node.dra.DraDriver.Settings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeOptionsTest {
    private static NodeOptions run(Map<String, String> environment, String... args) {
        return ((Request.Run) NodeOptions.parse(args, environment, "1")).options();
    }

    @Test
    void inAClusterTheNameOfTheNodeIsEnough() {
        assertThat(run(Map.of("NODE_NAME", "node-1.example.com")))
                .isEqualTo(new NodeOptions(
                        new Settings(
                                "node-1.example.com",
                                Path.of("/var/lib/kubelet"),
                                Path.of("/var/run/nri/nri.sock"),
                                Path.of("/var/run/cdi")),
                        new InetSocketAddress("127.0.0.1", 9912),
                        false));
    }

    @Test
    void optionsComeFirst() {
        assertThat(run(
                        Map.of("NODE_NAME", "other"),
                        "--node-name=n",
                        "--kubelet",
                        "/k",
                        "--nri-socket",
                        "/n",
                        "--cdi",
                        "/c",
                        "--listen",
                        "[::1]:0",
                        "--json"))
                .isEqualTo(new NodeOptions(
                        new Settings("n", Path.of("/k"), Path.of("/n"), Path.of("/c")),
                        new InetSocketAddress("::1", 0),
                        true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --json                     | NODE_NAME
                    --node-name=               | --node-name
                    --node-name=a/b            | a/b
                    --node-name=Node           | Node
                    --kubelet=x                | --kubelet
                    --cdi=                     | --cdi
                    --nri-socket=./a           | --nri-socket
                    --listen=                  | --listen
                    --listen=localhost:1       | --listen
                    --listen=127.0.0.1:99999   | --listen
                    --listen                   | --listen
                    --other                    | --other
                    word                       | word
                    """)
    void whatIsWrongIsNamed(String arg, String named) {
        String[] args = arg.startsWith("--node-name") || arg.equals("--json")
                ? new String[] {arg}
                : new String[] {"--node-name=n", arg};
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> NodeOptions.parse(args, Map.of(), "1"))
                .withMessageContaining(named)
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void helpAndVersionNeedNoNode() {
        assertThat(NodeOptions.parse(new String[] {"--help"}, Map.of(), "1"))
                .isInstanceOfSatisfying(
                        Request.Print.class,
                        print -> assertThat(print.text()).contains("--kubelet", "--nri-socket", "/var/lib/kubelet"));
        assertThat(NodeOptions.parse(new String[] {"--version"}, Map.of(), "1.2"))
                .isEqualTo(new Request.Print("qlease-node 1.2\n"));
    }
}
