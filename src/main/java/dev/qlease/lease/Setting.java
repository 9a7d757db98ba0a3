package dev.qlease.lease;

import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FeaturesChange;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.sys.KernelText;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A setting of a NIC or of its host that several leases may need changed; each parameter of a command is a setting of
 * its own. Values are strings, so that all are recorded, compared and restored in the same way. Settings are changed in
 * the order of the constants and restored in reverse order.
 */
enum Setting {
    COMBINED_CHANNELS("combined channels") {
        @Override
        String read(NicHandle nic) {
            return number(nic.ethtool().channels(nic.ifindex()).combinedCount());
        }

        @Override
        void write(NicHandle nic, String value) {
            nic.ethtool().setChannels(nic.ifindex(), ChannelsChange.NONE.combinedCount(Long.parseLong(value)));
        }
    },
    RX_CHANNELS("rx channels") {
        @Override
        String read(NicHandle nic) {
            return number(nic.ethtool().channels(nic.ifindex()).rxCount());
        }

        @Override
        void write(NicHandle nic, String value) {
            nic.ethtool().setChannels(nic.ifindex(), ChannelsChange.NONE.rxCount(Long.parseLong(value)));
        }
    },
    RX_RING("rx ring") {
        @Override
        String read(NicHandle nic) {
            return number(nic.ethtool().rings(nic.ifindex()).rx());
        }

        @Override
        RingsChange with(RingsChange change, String value) {
            return change.rx(Long.parseLong(value));
        }
    },
    TCP_DATA_SPLIT("tcp-data-split") {
        @Override
        String read(NicHandle nic) {
            return nic.ethtool()
                    .rings(nic.ifindex())
                    .tcpDataSplit()
                    .map(split -> Long.toString(split.value()))
                    .orElse("");
        }

        @Override
        RingsChange with(RingsChange change, String value) {
            return change.tcpDataSplit(new TcpDataSplit(Integer.parseInt(value)));
        }
    },
    HDS_THRESH("hds-thresh") {
        @Override
        String read(NicHandle nic) {
            return number(nic.ethtool().rings(nic.ifindex()).hdsThresh());
        }

        @Override
        RingsChange with(RingsChange change, String value) {
            return change.hdsThresh(Long.parseLong(value));
        }
    },
    NTUPLE(Features.NTUPLE) {
        @Override
        String read(NicHandle nic) {
            return nic.ethtool().features(nic.ifindex()).active().contains(Features.NTUPLE) ? ON : OFF;
        }

        @Override
        void write(NicHandle nic, String value) {
            FeaturesChange change = value.equals(ON)
                    ? FeaturesChange.NONE.on(Features.NTUPLE)
                    : FeaturesChange.NONE.off(Features.NTUPLE);
            nic.ethtool().setFeatures(nic.ifindex(), change);
        }

        @Override
        boolean is(NicHandle nic, String now, String value) {
            return now.equals(value.substring(0, 1));
        }
    },
    RSS_TABLE("RSS table") {
        @Override
        String read(NicHandle nic) {
            return text(nic.ethtool().rss(nic.ifindex()).indir());
        }

        @Override
        void write(NicHandle nic, String value) {
            List<Integer> table = value.equals(DEFAULT)
                    ? List.of()
                    : Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
            nic.ethtool().setRss(nic.ifindex(), RssChange.NONE.indir(table));
        }

        @Override
        boolean is(NicHandle nic, String now, String value) {
            if (!value.equals(DEFAULT)) {
                return now.equals(value);
            }
            Rss rss = nic.ethtool().rss(nic.ifindex());
            return rss.spreadsOver(nic.ethtool().channels(nic.ifindex()).receiveQueues());
        }
    },
    IPV4_FORWARDING("ipv4/conf/%s/forwarding"),
    IPV6_FORCE_FORWARDING("ipv6/conf/%s/force_forwarding");

    /** The value of a switch or sysctl that is on. */
    static final String ON = "1";

    static final String OFF = "0";

    /** The kernel's default RSS table, which it rebuilds when the number of queues changes. */
    static final String DEFAULT = "default";

    private static final String SYSCTLS = "/proc/sys/net/";

    private final String title;

    Setting(String title) {
        this.title = title;
    }

    /** Returns the name for messages, which for a sysctl is its path. */
    String title(String nic) {
        return isSysctl() ? SYSCTLS + title.formatted(nic) : title + " of " + nic;
    }

    /** Returns the name to use in file names. */
    String fileName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns whether it is a sysctl of the host with the NIC's name in its path. */
    boolean isSysctl() {
        return title.contains("/");
    }

    /** Returns whether it determines which queues exist. */
    boolean isChannels() {
        return this == COMBINED_CHANNELS || this == RX_CHANNELS;
    }

    /** Returns the current value; empty if the kernel has no such setting. */
    String read(NicHandle nic) {
        return KernelFiles.find(nic.sockets().namespace(), KernelText.path(title(nic.name())))
                .orElse("");
    }

    /** Changes settings: those of rings by one command, since most drivers restart the device for each. */
    static void write(NicHandle nic, Map<Setting, String> values) {
        RingsChange rings = RingsChange.NONE;
        for (Map.Entry<Setting, String> entry : values.entrySet()) {
            if (entry.getKey().isOfRings()) {
                rings = entry.getKey().with(rings, entry.getValue());
            } else {
                entry.getKey().write(nic, entry.getValue());
            }
        }
        if (!rings.equals(RingsChange.NONE)) {
            nic.ethtool().setRings(nic.ifindex(), rings);
        }
    }

    boolean isOfRings() {
        return this == RX_RING || this == TCP_DATA_SPLIT || this == HDS_THRESH;
    }

    /** Returns {@code change} with this setting's new value; only for settings of rings. */
    RingsChange with(RingsChange change, String value) {
        throw new IllegalStateException(this + " is not a setting of rings");
    }

    /** Changes the setting; not for settings of rings. */
    void write(NicHandle nic, String value) {
        KernelFiles.write(nic.sockets().namespace(), KernelText.path(title(nic.name())), value);
    }

    /** Returns whether {@code now}, as it was read, equals {@code value}. */
    boolean is(NicHandle nic, String now, String value) {
        return now.equals(value);
    }

    /**
     * Returns the value for a feature that is off, with the locations of the flow rules that existed then: these rules
     * do not prevent switching it off again.
     */
    static String offWith(List<FlowRule> rules) {
        return rules.stream()
                .map(rule -> Integer.toString(rule.location().orElse(0)))
                .collect(Collectors.joining(",", OFF + " with rules ", ""));
    }

    /** Returns whether a rule exists that did not when {@code off} was recorded. */
    static boolean hasOtherRules(String off, List<FlowRule> rules) {
        List<String> noted = List.of(off.substring(off.lastIndexOf(' ') + 1).split(",", -1));
        return rules.stream()
                .anyMatch(
                        rule -> !noted.contains(Integer.toString(rule.location().orElse(0))));
    }

    private static String number(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "";
    }

    /** Returns a table as a value. */
    static String text(List<Integer> table) {
        return table.stream().map(Object::toString).collect(Collectors.joining(","));
    }
}
