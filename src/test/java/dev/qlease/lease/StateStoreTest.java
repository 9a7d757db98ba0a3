package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateStoreTest {
    @TempDir
    private Path directory;

    private StateStore store;

    @BeforeEach
    void open() {
        store = new StateStore(directory, 42);
    }

    private static LeaseState state(String name, Undo... undo) {
        LeaseInfo info = new LeaseInfo(
                name,
                Status.READY,
                "eth0",
                2,
                "/run/netns/blue",
                43,
                "nk0",
                7,
                List.of(new LeasedQueue(3, 1), new LeasedQueue(2, 2)),
                List.of("192.0.2.9/24"),
                Redirect.FORWARD,
                "l3",
                Instant.parse("2026-01-02T03:04:05Z"));
        return new LeaseState(info, List.of(undo));
    }

    private void save(LeaseState state) {
        store.locked(() -> {
            store.save(state);
            return true;
        });
    }

    @Test
    void everyKindOfUndoingIsReadAsItWasWritten() {
        LeaseState written = state(
                "ql0",
                new Undo.Channels(2, "eth0", OptionalLong.empty(), OptionalLong.of(4)),
                new Undo.Rings(2, "eth0", OptionalLong.of(512), OptionalLong.of(0), OptionalLong.empty()),
                new Undo.Feature(2, "eth0", "rx-ntuple-filter", false),
                new Undo.RssTable(2, "eth0", List.of(0, 1, 2, 0)),
                new Undo.Sysctl("/proc/sys/net/ipv4/conf/eth0/forwarding", "0"),
                new Undo.Link("ql0", Optional.empty()),
                new Undo.Link("nk0", Optional.of("/run/netns/blue")),
                new Undo.Pin("/sys/fs/bpf/ql0"),
                new Undo.FlowRule(2, "eth0", "2001:db8::1", OptionalLong.of(443)),
                new Undo.RssContext(2, "eth0", List.of(2, 3)));
        assertThat(written.undo().stream().map(Object::getClass).distinct())
                .hasSize(Undo.class.getDeclaredClasses().length - 2);
        save(written);
        assertThat(store.find("ql0")).contains(written);
        assertThat(store.list()).containsExactly(written);
    }

    @Test
    void leasesOfOtherNamespacesAreNotListed() {
        save(state("ql0"));
        assertThat(new StateStore(directory, 44).list()).isEmpty();
    }

    @Test
    void whoeverTypesAPathFindsNothing() {
        save(state("ql0"));
        assertThat(store.find("../42/ql0")).isEmpty();
        assertThat(store.find("shared")).isEmpty();
    }

    @Test
    void theFirstLeaseSaysWhatASettingWasAndTheLastOneGivesItBack() {
        Undo.Shared before = new Undo.Sysctl("/proc/sys/net/ipv4/conf/eth0/forwarding", "0");
        Undo.Shared later = new Undo.Sysctl("/proc/sys/net/ipv4/conf/eth0/forwarding", "1");
        Undo.Shared other = new Undo.Feature(2, "eth0", "rx-ntuple-filter", false);
        save(state("ql0"));
        store.share(before, "ql0");
        store.share(other, "ql0");
        store.share(later, "ql1");
        assertThat(store.isShared(later)).isTrue();
        assertThat(store.sharedOnlyBy("ql0")).containsExactly(other);
        assertThat(store.sharedOnlyBy("ql1")).isEmpty();
        store.unshare("ql0");
        assertThat(store.isShared(other)).isFalse();
        assertThat(store.sharedOnlyBy("ql1")).containsExactly(before);
        store.unshare("ql1");
        assertThat(store.isShared(before)).isFalse();
    }

    @Test
    void channelsAreGivenBackBehindWhatEarlierLeasesChanged() {
        Undo.Shared table = new Undo.RssTable(2, "eth0", List.of());
        Undo.Shared channels = new Undo.Channels(2, "eth0", OptionalLong.empty(), OptionalLong.of(2));
        save(state("ql0"));
        store.share(table, "ql0");
        store.share(channels, "ql1");
        store.share(channels, "ql0");
        store.unshare("ql1");
        assertThat(store.sharedOnlyBy("ql0")).containsExactly(table, channels);
    }

    @Test
    void aSettingOfANicThatCameLaterUnderTheSameNameIsAnother() {
        save(state("ql0"));
        store.share(new Undo.RssTable(2, "eth0", List.of()), "ql0");
        assertThat(store.isShared(new Undo.RssTable(2, "eth0", List.of(1)))).isTrue();
        assertThat(store.isShared(new Undo.RssTable(7, "eth0", List.of()))).isFalse();
    }

    @Test
    void aFileThatIsNoLeaseIsNamed() throws IOException {
        save(state("ql0"));
        Path file = directory.resolve("42/ql0.json");
        for (String text :
                new String[] {"", "{", "[]", "{\"info\": 3}", "{\"info\": {}, \"undo\": [{\"undo\": \"X\"}]}"}) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> store.list())
                    .as(text)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining(file.toString());
        }
    }
}
