package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RSS of the emulated NIC's first port, changed by netlink and by ioctl. */
@Tag("vm")
class RssVmTest {
    private static final String NIC = "qnic0";

    private final EthtoolCommand command = EthtoolCommand.here();
    private DeviceRequests requests;
    private Ioctls ioctls;
    private RssContexts contexts;
    private int nic;
    private List<Rss> original;

    @BeforeEach
    void look() {
        requests = new DeviceRequests(NetworkNamespace.ofCaller());
        ioctls = new Ioctls(NetworkNamespace.ofCaller());
        nic = ifindex();
        original = new RssContexts(requests, ioctls).all(nic);
        assertThat(original).hasSize(1);
        assertThat(original.getFirst().spreadsOver(4)).isTrue();
    }

    private static int ifindex() {
        try (Rtnetlink rtnl = Rtnetlink.open()) {
            return rtnl.links().get(NIC).ifindex();
        }
    }

    private void by(String way) {
        boolean netlink = way.equals("netlink");
        assumeTrue(!netlink || RssContexts.hasNetlink(requests), "this kernel changes RSS by ioctl only");
        contexts = new RssContexts(requests, ioctls, netlink);
    }

    /** Every test puts back what it changed, by what the changes answered. */
    @AfterEach
    void allIsAsItWas() {
        List<Rss> now = new RssContexts(requests, ioctls).all(nic);
        now.stream()
                .filter(rss -> rss.context() != 0)
                .forEach(rss -> new RssContexts(requests, ioctls).delete(nic, rss.context()));
        assertThat(now).isEqualTo(original);
        ioctls.close();
        requests.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void theTableSpreadsAwayFromAQueueAndGoesBack(String way) {
        by(way);
        RssChange change = RssChange.NONE.indir(contexts.get(nic, 0).spreadOver(List.of(0, 1, 2)));
        Rss before = contexts.set(nic, 0, change);
        assertThat(before).isEqualTo(original.getFirst());
        assertThat(contexts.get(nic, 0).indir()).doesNotContain(3).contains(0, 1, 2);
        assertThat(shownTable(0)).isEqualTo(contexts.get(nic, 0).indir());
        contexts.set(nic, 0, change.undo(before, 4));
        assertThat(shownTable(0)).isEqualTo(original.getFirst().indir());
    }

    /** The table in lines such as "  8:  0 1 2 3 0 1 2 3". */
    private List<Integer> shownTable(int context) {
        List<Integer> table = new ArrayList<>();
        String shown =
                context == 0 ? command.run("-x", NIC) : command.run("-x", NIC, "context", Integer.toString(context));
        for (String line : shown.split("\n")) {
            if (line.matches(" *[0-9]+: .*")) {
                for (String queue : line.substring(line.indexOf(':') + 1).trim().split(" ")) {
                    table.add(Integer.parseInt(queue));
                }
            }
        }
        return table;
    }

    /** A table that somebody has set stands against taking its queues away; the kernel's own does not. */
    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void theTableFollowsTheChannelsAgainOnceItWentBack(String way) {
        by(way);
        try (Ethtool ethtool = Ethtool.open()) {
            RssChange change = RssChange.NONE.indir(List.of(3));
            Rss before = contexts.set(nic, 0, change);
            ChannelsChange fewer = ChannelsChange.NONE.combinedCount(2);
            assertThatThrownBy(() -> ethtool.setChannels(nic, fewer))
                    .hasMessageContaining("too low for existing indirection table");
            contexts.set(nic, 0, change.undo(before, 4));
            Channels channels = ethtool.setChannels(nic, fewer);
            assertThat(ethtool.rss(nic).spreadsOver(2)).isTrue();
            ethtool.setChannels(nic, fewer.undo(channels));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void aShortTableIsRepeated(String way) {
        by(way);
        RssChange change = RssChange.NONE.indir(List.of(2, 1));
        Rss before = contexts.set(nic, 0, change);
        List<Integer> table = contexts.get(nic, 0).indir();
        assertThat(table).hasSameSizeAs(before.indir());
        assertThat(table)
                .isEqualTo(IntStream.range(0, table.size())
                        .mapToObj(i -> i % 2 == 0 ? 2 : 1)
                        .toList());
        contexts.set(nic, 0, change.undo(before, 4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void theKeyChangesAndGoesBack(String way) {
        by(way);
        byte[] bytes = original.getFirst().hkey().orElseThrow().bytes();
        bytes[0] ^= 1;
        RssChange change = RssChange.NONE.hkey(RssKey.of(bytes)).hfunc(RssHashFunction.TOEPLITZ);
        Rss before = contexts.set(nic, 0, change);
        assertThat(contexts.get(nic, 0).hkey()).contains(RssKey.of(bytes));
        assertThat(command.run("-x", NIC)).contains("\n" + RssKey.of(bytes) + "\n");
        contexts.set(nic, 0, change.undo(before, 4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void theInputIsMadeSymmetricAndNoMore(String way) {
        by(way);
        RssChange change = RssChange.NONE.inputXfrm(RssInputTransform.SYM_XOR);
        Rss before = contexts.set(nic, 0, change);
        assertThat(contexts.get(nic, 0).inputXfrm()).contains(RssInputTransform.SYM_XOR);
        assertThat(command.run("-x", NIC)).containsPattern("symmetric-xor: on");
        contexts.set(nic, 0, change.undo(before, 4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void aContextIsMadeChangedAndDeleted(String way) {
        by(way);
        Rss created = contexts.create(nic, RssChange.NONE.indir(List.of(3)));
        int id = created.context();
        assertThat(id).isPositive();
        assertThat(created.indir())
                .containsOnly(3)
                .hasSameSizeAs(original.getFirst().indir());
        assertThat(contexts.get(nic, id)).isEqualTo(created);
        assertThat(contexts.all(nic)).extracting(Rss::context).containsExactly(0, id);
        assertThat(shownTable(id)).isEqualTo(created.indir());
        RssChange change = RssChange.NONE.indir(List.of(1, 2));
        assertThat(contexts.set(nic, id, change)).isEqualTo(created);
        assertThat(contexts.get(nic, id).indir()).containsOnly(1, 2);
        contexts.set(nic, id, change.undo(created, 4));
        assertThat(contexts.delete(nic, id)).isEqualTo(created);
        assertThatThrownBy(() -> contexts.get(nic, id))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue())
                .hasMessageStartingWith("rss-get device " + nic + " context " + id + ": ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void aContextMadeOfNothingHasTheDriversDefaults(String way) {
        by(way);
        Rss created = contexts.create(nic, RssChange.NONE);
        assertThat(created.spreadsOver(4)).isTrue();
        contexts.delete(nic, created.context());
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ioctl"})
    void whatCannotBeIsRefused(String way) {
        by(way);
        assertThatThrownBy(() -> contexts.set(nic, 0, RssChange.NONE.indir(List.of(4))))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EINVAL)).isTrue());
        assertThatThrownBy(() -> contexts.set(nic, 0, RssChange.NONE.hkey(RssKey.of((byte) 1))))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EINVAL)).isTrue());
        assertThatThrownBy(() -> contexts.set(nic, 17, RssChange.NONE.indir(List.of(0))))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue());
        assertThatThrownBy(() -> contexts.delete(nic, 17))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue());
        assertThatIllegalArgumentException().isThrownBy(() -> contexts.delete(nic, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> contexts.create(nic, RssChange.NONE.indirDefault()));
    }

    @ParameterizedTest
    @ValueSource(strings = "netlink")
    void theKernelSaysWhichEntryIsWrong(String way) {
        by(way);
        assertThatThrownBy(() -> contexts.set(nic, 0, RssChange.NONE.indir(List.of(0, 9))))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("rss-set device " + nic
                        + ": entry 1: queue out of range (9) [attribute indir, at offset 32] (EINVAL)");
    }
}
