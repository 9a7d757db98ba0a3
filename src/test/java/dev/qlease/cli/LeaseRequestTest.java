package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
            return new LeaseRequest(arguments).spec(arguments.has(Option.NETNS) ? own : null);
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
                "--nic=e --netns=b --address=192.0.2.9/24 --queues=0 | 1 queue or more, not 0",
                "--nic=e --netns=b --address=192.0.2.9/24 --queues=x | --queues takes a number, not \"x\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --queues=1 --queue=1 | give one of the two",
                "--nic=e --netns=b --address=192.0.2.9/24 --queue=1,1 | a queue is given twice",
                "--nic=e --netns=b --address=192.0.2.9/24 --port=0 | a TCP port is 1 to 65535, not 0",
                "--nic=e --netns=b --address=192.0.2.9/24 --redirect=tc | no redirect \"tc\": bpf, forward or none",
                "--nic=e --netns=b --address=192.0.2.9/24 --mode=l4 | --mode is l2 or l3, not \"l4\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --guest=a/b | not \"a/b\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --host=sixteen-letters- | not \"sixteen-letters-\"",
                "--nic=e --netns=b --address=192.0.2.9/24 --single | it takes redirect none and no addresses"
            })
    void whatMakesNoSenseIsNamed(String options, String sentence) {
        assertThatThrownBy(() -> spec(options.split(" ", -1)))
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining(sentence)
                .hasMessageEndingWith("; see qlease lease create --help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lease", "lease frob", "lease create extra", "lease list extra"})
    void aCommandOfTwoWordsNeedsBoth(String line) {
        assertThatThrownBy(() -> CommandLines.parse(line.split(" ", -1))).isInstanceOf(CommandException.class);
    }
}
