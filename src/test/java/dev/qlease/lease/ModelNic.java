package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FeaturesChange;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.RssChange;
import dev.qlease.fixture.NicState;
import dev.qlease.linux.LinuxException;
import dev.qlease.netdev.Netdev;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The model's NIC: what an administrator does to it, and what it has to be once no lease is left, which is what it was
 * at first with the administrator's changes. To know his changes from a lease's he never sets a value that a lease has
 * set, or is recorded to be about to set: one whose process has died may have done so.
 */
final class ModelNic implements AutoCloseable {
    private static final int MOST = 3;
    private static final List<Long> RINGS = List.of(256L, 1024L, 2048L);
    private static final List<List<Integer>> TABLES =
            List.of(List.of(0, 2), List.of(1, 2), List.of(1, 3), List.of(0, 3), List.of(2, 3));

    private final Ethtool ethtool = Ethtool.open();
    private final Netdev netdev = Netdev.open();
    private final Rtnetlink rtnetlink = Rtnetlink.open();
    private final ModelNicPlace place = new ModelNicPlace(rtnetlink);
    private final NicState initial;

    /** What leases have set, as text. */
    private final Set<String> leases = new HashSet<>();

    private final Supplier<List<ChangedSetting>> recorded;

    private long channels;
    private long rx;
    private boolean ntuple;
    private @Nullable List<Integer> table;
    private final Map<Integer, List<Integer>> contexts = new TreeMap<>();
    private final List<FlowRule> rules = new ArrayList<>();

    /** @param recorded reads the records of settings that leases have changed or are about to change */
    ModelNic(Supplier<List<ChangedSetting>> recorded) {
        this.recorded = recorded;
        initial = state();
        forget();
    }

    ModelNicPlace place() {
        return place;
    }

    Rtnetlink rtnetlink() {
        return rtnetlink;
    }

    private void forget() {
        channels = initial.channels();
        rx = initial.rx();
        ntuple = initial.ntuple();
        table = null;
        contexts.clear();
        rules.clear();
        leases.clear();
    }

    NicState state() {
        return NicState.read(ethtool, netdev, place.ifindex(), place.name());
    }

    /** Notes what a lease has changed. */
    void changedByLeases(NicState before, NicState after) {
        if (before.channels() != after.channels()) {
            leases.add("channels " + after.channels());
        }
        if (before.rx() != after.rx()) {
            leases.add("rx " + after.rx());
        }
        if (!before.rss().equals(after.rss())) {
            leases.add("rss " + after.rss());
        }
    }

    /** The queues that others' traffic comes to, as the NIC is now. */
    Set<Integer> foreign(NicState now) {
        Set<Integer> queues = new HashSet<>(now.rss());
        contexts.values().forEach(queues::addAll);
        rules.forEach(rule -> {
            if (rule.action() instanceof FlowAction.Queue(int queue)) {
                queues.add(queue);
            }
        });
        return queues;
    }

    /**
     * Makes one change that an administrator could make, and says which; empty if the kernel or the model refused it.
     */
    Optional<String> change(Random random) {
        if (place.isAway()) {
            return Optional.empty();
        }
        try {
            return switch (random.nextInt(8)) {
                case 0 -> rings(random);
                case 1, 2 -> table(random);
                case 3 -> addRule(random);
                case 4 -> deleteRule(random);
                case 5 -> context(random);
                case 6 -> channels(random);
                default -> ntuple();
            };
        } catch (LinuxException e) {
            return Optional.of("refused: " + e.getMessage());
        }
    }

    private boolean isRecorded(Setting setting, Object value) {
        return recorded.get().stream()
                .anyMatch(
                        changed -> changed.setting() == setting && changed.set().contains(value.toString()));
    }

    private Optional<String> rings(Random random) {
        long value = RINGS.get(random.nextInt(RINGS.size()));
        if (value == state().rx() || leases.contains("rx " + value) || isRecorded(Setting.RX_RING, value)) {
            return Optional.empty();
        }
        ethtool.setRings(place.ifindex(), RingsChange.NONE.rx(value));
        rx = value;
        return Optional.of("rx ring " + value);
    }

    private Optional<String> table(Random random) {
        NicState now = state();
        boolean kernels = random.nextInt(3) == 0;
        List<Integer> queues = TABLES.get(random.nextInt(TABLES.size()));
        List<Integer> wanted = kernels
                ? now.kernelsTable(now.channels())
                : ethtool.rss(place.ifindex()).spreadOver(queues);
        if (wanted.equals(now.rss())
                || leases.contains("rss " + wanted)
                || isRecorded(Setting.RSS_TABLE, Setting.text(wanted))) {
            return Optional.empty();
        }
        ethtool.setRss(place.ifindex(), kernels ? RssChange.NONE.indirDefault() : RssChange.NONE.indir(wanted));
        table = kernels ? null : wanted;
        return Optional.of("RSS " + (kernels ? "default" : queues));
    }

    private Optional<String> addRule(Random random) {
        if (rules.size() >= MOST || !ntuple) {
            return Optional.empty();
        }
        int port = 1000 + random.nextInt(60000);
        FlowMatch match = random.nextBoolean()
                ? FlowMatch.tcp4().destinationPort(port)
                : FlowMatch.udp6().destinationPort(port);
        FlowRule added = ethtool.addFlowRule(place.name(), FlowRule.of(match, FlowAction.queue(random.nextInt(4))));
        rules.add(state().rules().stream()
                .filter(rule -> rule.match().equals(match))
                .findFirst()
                .orElse(added));
        return Optional.of("add rule " + added);
    }

    private Optional<String> deleteRule(Random random) {
        if (rules.isEmpty()) {
            return Optional.empty();
        }
        FlowRule rule = rules.remove(random.nextInt(rules.size()));
        ethtool.deleteFlowRule(place.name(), rule.location().orElseThrow());
        return Optional.of("delete rule " + rule);
    }

    private Optional<String> context(Random random) {
        if (contexts.size() >= MOST || !contexts.isEmpty() && random.nextBoolean()) {
            int id = contexts.keySet().iterator().next();
            contexts.remove(id);
            ethtool.deleteRssContext(place.ifindex(), id);
            return Optional.of("delete context " + id);
        }
        List<Integer> wanted = ethtool.rss(place.ifindex()).spreadOver(TABLES.get(random.nextInt(TABLES.size())));
        int id = ethtool.createRssContext(place.ifindex(), RssChange.NONE.indir(wanted))
                .context();
        contexts.put(id, wanted);
        return Optional.of("add context " + id + " over " + Set.copyOf(wanted));
    }

    private Optional<String> channels(Random random) {
        long value = 4 + random.nextInt(4);
        if (value == state().channels()
                || leases.contains("channels " + value)
                || isRecorded(Setting.COMBINED_CHANNELS, value)) {
            return Optional.empty();
        }
        ethtool.setChannels(place.ifindex(), ChannelsChange.NONE.combinedCount(value));
        channels = value;
        return Optional.of("channels " + value);
    }

    private Optional<String> ntuple() {
        NicState now = state();
        if (!now.rules().isEmpty() || now.ntuple() != ntuple || isRecorded(Setting.NTUPLE, Setting.ON)) {
            return Optional.empty();
        }
        ntuple = !ntuple;
        ethtool.setFeatures(
                place.ifindex(),
                ntuple ? FeaturesChange.NONE.on(Features.NTUPLE) : FeaturesChange.NONE.off(Features.NTUPLE));
        return Optional.of("ntuple " + ntuple);
    }

    /** Takes the NIC out of its slot and puts it in again. */
    void replug() {
        place.replug();
        forget();
    }

    /** Checks that the NIC is what it has to be, now that no lease is left. */
    void assertIsAdministrators() {
        NicState now = state();
        NicState wanted = new NicState(
                channels,
                rx,
                initial.split(),
                initial.hdsThresh(),
                ntuple,
                table == null ? now.kernelsTable(channels) : table,
                contexts,
                Set.copyOf(rules),
                Set.of());
        assertThat(now).as("the NIC without leases").isEqualTo(wanted);
    }

    /** Makes it what it was at first. */
    void reset() {
        NicState now = state();
        if (!now.equals(initial)) {
            reset(now, place.ifindex());
        }
        forget();
    }

    private void reset(NicState now, int ifindex) {
        now.rules()
                .forEach(rule ->
                        ethtool.deleteFlowRule(place.name(), rule.location().orElseThrow()));
        now.contexts().keySet().forEach(id -> ethtool.deleteRssContext(ifindex, id));
        ethtool.setRss(ifindex, RssChange.NONE.indirDefault());
        ethtool.setChannels(ifindex, ChannelsChange.NONE.combinedCount(initial.channels()));
        ethtool.setRings(ifindex, RingsChange.NONE.rx(initial.rx()));
        ethtool.setFeatures(ifindex, FeaturesChange.NONE.on(Features.NTUPLE));
        assertThat(state()).isEqualTo(initial);
    }

    @Override
    public void close() {
        place.close();
        rtnetlink.close();
        netdev.close();
        ethtool.close();
    }
}
