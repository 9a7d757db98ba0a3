package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Flow rules of the emulated NIC's first port, which has room for 64 and chooses locations itself if asked to. */
@Tag("vm")
class FlowRulesVmTest {
    private static final String NIC = "qnic0";
    private static final int ROOM = 64;
    private static final IpAddress V4 = IpAddress.parse("192.0.2.2");
    private static final IpAddress V6 = IpAddress.parse("2001:db8:1::2");

    private final EthtoolCommand command = EthtoolCommand.here();
    private Ethtool ethtool;
    private int nic;

    @BeforeEach
    void look() {
        ethtool = Ethtool.open();
        try (Rtnetlink rtnl = Rtnetlink.open()) {
            nic = rtnl.links().get(NIC).ifindex();
        }
        assertThat(ethtool.flowRules(NIC)).isEmpty();
    }

    @AfterEach
    void deleteRulesAndContexts() {
        ethtool.flowRules(NIC)
                .forEach(rule -> ethtool.deleteFlowRule(NIC, rule.location().orElseThrow()));
        ethtool.rssContexts(nic).stream()
                .filter(rss -> rss.context() != 0)
                .forEach(rss -> ethtool.deleteRssContext(nic, rss.context()));
        ethtool.close();
    }

    static Stream<FlowRule> rules() {
        return Stream.of(
                FlowRule.of(FlowMatch.tcp4(), FlowAction.queue(0)),
                FlowRule.of(
                        FlowMatch.tcp4()
                                .source(V4)
                                .sourcePort(1)
                                .destination(V4)
                                .destinationPort(65535),
                        FlowAction.queue(3)),
                FlowRule.of(FlowMatch.udp4().destinationPort(53), FlowAction.drop()),
                FlowRule.of(FlowMatch.tcp6().source(V6).destinationPort(5201), FlowAction.queue(1)),
                FlowRule.of(
                        FlowMatch.udp6()
                                .source(V6)
                                .sourcePort(7)
                                .destination(V6)
                                .destinationPort(8),
                        FlowAction.queue(2)));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aRuleIsAddedListedAndDeleted(FlowRule rule) {
        FlowRule added = ethtool.addFlowRule(NIC, rule);
        int location = added.location().orElseThrow();
        assertThat(added).isEqualTo(rule.at(location));
        assertThat(ethtool.flowRules(NIC)).containsExactly(added);
        String shown = command.run("-n", NIC);
        assertThat(shown).contains("Total 1 rules", "Filter: " + location + "\n");
        for (String part : inTheCommandsWords(rule)) {
            assertThat(shown).contains(part);
        }
        assertThat(ethtool.deleteFlowRule(NIC, location)).isEqualTo(added);
        assertThat(ethtool.flowRules(NIC)).isEmpty();
        assertThat(command.run("-n", NIC)).contains("Total 0 rules");
    }

    private static List<String> inTheCommandsWords(FlowRule rule) {
        FlowMatch.Transport match = (FlowMatch.Transport) rule.match();
        List<String> words = new ArrayList<>();
        String name = match.type().toString();
        words.add("Rule Type: " + name.substring(0, 3).toUpperCase(Locale.ROOT) + " over IPv" + name.substring(3));
        match.source().ifPresent(address -> words.add("Src IP addr: " + address + " mask: "));
        match.destination().ifPresent(address -> words.add("Dest IP addr: " + address + " mask: "));
        match.sourcePort().ifPresent(port -> words.add("Src port: " + port + " mask: 0x0"));
        match.destinationPort().ifPresent(port -> words.add("Dest port: " + port + " mask: 0x0"));
        words.add(
                rule.action() instanceof FlowAction.Queue(int queue)
                        ? "Action: Direct to queue " + queue
                        : "Action: Drop");
        return words;
    }

    @Test
    void aRuleOfTheCommandsIsReadAsOneOfOurs() {
        command.run(
                "-N", NIC, "flow-type", "tcp6", "src-ip", V6.toString(), "dst-port", "443", "action", "2", "loc", "9");
        assertThat(ethtool.flowRules(NIC))
                .containsExactly(FlowRule.of(FlowMatch.tcp6().source(V6).destinationPort(443), FlowAction.queue(2))
                        .at(9));
    }

    @Test
    void aRuleThatLooksAtAPartOfAnAddressIsKeptAndPutBack() {
        command.run(
                "-N", NIC, "flow-type", "tcp4", "src-ip", "10.0.0.0", "m", "0.255.255.255", "action", "1", "loc", "4");
        FlowRule rule = ethtool.flowRules(NIC).getFirst();
        assertThat(rule.match()).isInstanceOfSatisfying(FlowMatch.Other.class, other -> {
            assertThat(other.type()).isEqualTo(FlowType.TCP4);
            assertThat(other.value()).startsWith("0a000000");
            assertThat(other.mask()).startsWith("ff000000");
        });
        String shown = command.run("-n", NIC);
        assertThat(ethtool.deleteFlowRule(NIC, 4)).isEqualTo(rule);
        assertThat(ethtool.addFlowRule(NIC, rule)).isEqualTo(rule);
        assertThat(command.run("-n", NIC)).isEqualTo(shown);
    }

    @Test
    void aRuleSteersToAContextWhichStaysWhileItDoes() {
        int context =
                ethtool.createRssContext(nic, RssChange.NONE.indir(List.of(2))).context();
        FlowRule rule = ethtool.addFlowRule(
                NIC, FlowRule.of(FlowMatch.tcp4().destinationPort(80), FlowAction.rssContext(context)));
        assertThat(ethtool.flowRules(NIC)).containsExactly(rule);
        assertThat(command.run("-n", NIC)).contains("Action: Direct to RSS Context " + context);
        assertThatThrownBy(() -> ethtool.deleteRssContext(nic, context))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.is(Errno.EBUSY)).isTrue());
        ethtool.deleteFlowRule(NIC, rule.location().orElseThrow());
        ethtool.deleteRssContext(nic, context);
    }

    @Test
    void rulesAreListedByLocationAlsoWhenThereAreMany() {
        for (int i = ROOM - 1; i >= 0; i--) {
            ethtool.addFlowRule(
                    NIC,
                    FlowRule.of(FlowMatch.udp4().destinationPort(1000 + i), FlowAction.drop())
                            .at(i));
        }
        List<FlowRule> rules = ethtool.flowRules(NIC);
        assertThat(rules).hasSize(ROOM);
        for (int i = 0; i < ROOM; i++) {
            assertThat(rules.get(i)).hasToString("udp4 dst-port " + (1000 + i) + " -> drop at " + i);
        }
        assertThatThrownBy(() -> ethtool.addFlowRule(NIC, FlowRule.of(FlowMatch.tcp4(), FlowAction.drop())))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENOSPC)).isTrue());
    }

    @Test
    void noRuleIsReplaced() {
        FlowRule first = ethtool.addFlowRule(
                NIC,
                FlowRule.of(FlowMatch.tcp4().sourcePort(1), FlowAction.queue(1)).at(7));
        assertThatThrownBy(() -> ethtool.addFlowRule(
                        NIC, FlowRule.of(FlowMatch.tcp6(), FlowAction.drop()).at(7)))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue())
                .hasMessage(
                        "ethtool: add flow rule tcp6 -> drop at 7 of qnic0: there is a rule at location 7 (EEXIST)");
        assertThatThrownBy(() ->
                        ethtool.addFlowRule(NIC, FlowRule.of(FlowMatch.tcp4().sourcePort(1), FlowAction.queue(2))))
                .hasMessage("ethtool: add flow rule tcp4 src-port 1 -> queue 2 of qnic0:"
                        + " there is already a rule for exactly these packets:"
                        + " tcp4 src-port 1 -> queue 1 at 7 (EEXIST)");
        assertThat(ethtool.flowRules(NIC)).containsExactly(first);
    }

    @Test
    void whatIsNotThereIsRefusedByName() {
        assertThatThrownBy(() -> ethtool.addFlowRule(NIC, FlowRule.of(FlowMatch.tcp4(), FlowAction.queue(4))))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EINVAL)).isTrue())
                .hasMessage("ethtool: add flow rule tcp4 -> queue 4 of qnic0:"
                        + " the device has receive queues 0 to 3 (EINVAL)");
        assertThatThrownBy(() -> ethtool.addFlowRule(NIC, FlowRule.of(FlowMatch.tcp4(), FlowAction.rssContext(9))))
                .hasMessage("ethtool: add flow rule tcp4 -> context 9 of qnic0: Invalid argument (EINVAL)");
        assertThatThrownBy(() -> ethtool.addFlowRule(
                        NIC, FlowRule.of(FlowMatch.tcp4(), FlowAction.drop()).at(ROOM)))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EINVAL)).isTrue());
        assertThatThrownBy(() -> ethtool.deleteFlowRule(NIC, 5))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue())
                .hasMessageStartingWith("ethtool: get flow rule 5 of qnic0: ");
        assertThat(ethtool.flowRules(NIC)).isEmpty();
    }

    /** Whatever else it is, a channel is a queue that a rule names. */
    @Test
    void aQueueThatARuleSteersToIsNotTakenAway() {
        FlowRule rule = ethtool.addFlowRule(NIC, FlowRule.of(FlowMatch.tcp4().sourcePort(9), FlowAction.queue(3)));
        assertThatThrownBy(() -> ethtool.setChannels(nic, ChannelsChange.NONE.combinedCount(2)))
                .isInstanceOf(NetlinkException.class);
        assertThat(ethtool.channels(nic).combinedCount()).hasValue(4);
        ethtool.deleteFlowRule(NIC, rule.location().orElseThrow());
    }
}
