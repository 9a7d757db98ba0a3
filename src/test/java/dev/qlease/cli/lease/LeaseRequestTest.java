package dev.qlease.cli.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseRequestTest {
    private static LeaseSpec spec(String... options) {
        String[] line =
                Stream.concat(Stream.of("lease", "create"), Stream.of(options)).toArray(String[]::new);
        Arguments arguments = CommandLines.parse(line);
        try (NetworkNamespace own = NetworkNamespace.at(Path.of("/proc/self/ns/net"))) {
            return new LeaseRequest(arguments).spec(own, nic -> nic);
        }
    }

    @Test
    void whatIsNotGivenHasItsDefault() {
        LeaseSpec spec = spec("--nic", "eth0", "--netns", "blue", "--address", "192.0.2.9/24");
        assertThat(spec.nic()).isEqualTo("eth0");
        assertThat(spec.count()).isEqualTo(1);
        assertThat(spec.queues()).isEmpty();
        assertThat(spec.guest()).isEqualTo("nk0");
        assertThat(spec.host()).isEmpty();
        assertThat(spec.mode()).isEqualTo(NetkitMode.L2);
        assertThat(spec.redirect()).isEqualTo(Redirect.BPF);
        assertThat(spec.single()).isFalse();
        assertThat(spec.rxRing()).isEmpty();
    }

    @Test
    void listsAreGivenWithCommasOrAgain() {
        LeaseSpec spec = spec(
                "--nic=eth0",
                "--netns=blue",
                "--queue=3,2",
                "--queue=7",
                "--address=192.0.2.9/24,2001:db8::9/64",
                "--route=198.51.100.0/24",
                "--port=80,443",
                "--mode=l3",
                "--redirect=forward",
                "--guest=eth9",
                "--host=lease9",
                "--rx-ring=1024");
        assertThat(spec.queues()).containsExactly(3, 2, 7);
        assertThat(spec.count()).isEqualTo(3);
        assertThat(spec.addresses()).containsExactly(IpPrefix.parse("192.0.2.9/24"), IpPrefix.parse("2001:db8::9/64"));
        assertThat(spec.routes()).containsExactly(IpPrefix.parse("198.51.100.0/24"));
        assertThat(spec.ports()).containsExactly(80, 443);
        assertThat(spec.mode()).isEqualTo(NetkitMode.L3);
        assertThat(spec.redirect()).isEqualTo(Redirect.FORWARD);
        assertThat(spec.guest()).isEqualTo("eth9");
        assertThat(spec.host()).contains("lease9");
        assertThat(spec.rxRing()).hasValue(1024);
    }

    @Test
    void aSingleDeviceHasNoRedirect() {
        LeaseSpec spec = spec("--nic=eth0", "--netns=blue", "--single", "--queues=2");
        assertThat(spec.single()).isTrue();
        assertThat(spec.redirect()).isEqualTo(Redirect.NONE);
        assertThat(spec.count()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--netns=b --address=192.0.2.9/24 | lease create needs --nic DEV",
                "--nic=e --address=192.0.2.9/24 | lease create needs --netns NETNS",
                "--nic=e --netns=b | give it one, or redirect none",
                "--nic=e --netns=b --address=192.0.2.9/99 | is 0 to 32 bits long, not 99",
                "--nic=e --netns=b --address=192.0.2.9/24 --queues=1 --queue=1 | --queue and --queues exclude each other",
                "--nic=e --netns=b --address=192.0.2.9/24 --queue=1,1 | a queue is given twice",
                "--nic=e --netns=b --address=192.0.2.9/24 --redirect=tc | redirect is bpf, forward or none, not \"tc\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --mode=l4 | --mode is l2 or l3, not \"l4\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --guest=a/b | not \"a/b\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --host=sixteen-letters- | not \"sixteen-letters-\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --single | it requires redirect none and no addresses"
            })
    void whatMakesNoSenseIsNamed(String options, String sentence) {
        assertThatThrownBy(() -> spec(options.split(" ", -1)))
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining(sentence)
                .hasMessageEndingWith("; see qlease lease create --help");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--queues=0     | --queues is a number from 1 to 4095, not \"0\"",
                "--queues=x     | --queues is a number from 1 to 4095, not \"x\"",
                "--queue=2,-1   | --queue is a number from 0 to 65534, not \"-1\"",
                "--port=80,     | --port is a number from 1 to 65535, not \"\"",
                "--rx-ring=0    | --rx-ring is a number from 1 to 2147483647, not \"0\""
            })
    void aNumberOutOfRangeIsRefusedBeforeTheNicIsLookedFor(String option, String sentence) {
        Arguments arguments = CommandLines.parse("lease", "create", "--nic=e", "--netns=b", option);
        assertThatThrownBy(() -> new LeaseRequest(arguments))
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessage(sentence);
    }

    @Test
    void theLibraryChecksNumbersToo() {
        LeaseSpec.Builder single =
                LeaseSpec.of("eth0", NetworkNamespace.ofCaller()).single().redirect(Redirect.NONE);
        assertThat(single.count(LeaseSpec.MOST_QUEUES).build().count()).isEqualTo(4095);
        for (int count : new int[] {-1, 0, 4096, Integer.MAX_VALUE}) {
            assertThatThrownBy(single.count(count)::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a lease has 1 to 4095 queues, not " + count);
        }
        assertThatThrownBy(single.count(1).rxRing(0)::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a receive ring has 1 descriptor or more, not 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lease", "lease frob", "lease create extra", "lease list extra"})
    void aCommandOfTwoWordsNeedsBoth(String line) {
        assertThatThrownBy(() -> CommandLines.parse(line.split(" ", -1))).isInstanceOf(CommandException.class);
    }
}
