package dev.qlease.netlink;

import static dev.qlease.netlink.FakePeer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Async;
import dev.qlease.linux.Errno;
import dev.qlease.netlink.Notification.Event;
import dev.qlease.netlink.Notification.Missed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Notifications of a peer that says what the test wants, when it wants. */
@Timeout(20)
class NotificationSocketTest {
    private static final Duration SOON = Duration.ofMillis(30);

    private final FakePeer peer = new FakePeer();

    /** Knows no number above 1000, finds 0 uninteresting. */
    private final NotificationSocket<Integer> socket = new NotificationSocket<>(peer, message -> {
        int ifindex = message.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX);
        if (ifindex > 1000) {
            throw new MalformedMessageException("notification", "above 1000");
        }
        return ifindex == 0 ? Optional.empty() : Optional.of(ifindex);
    });

    private static byte[] event(int ifindex) {
        return reply(0, 0, ifindex);
    }

    private CompletableFuture<Notification<Integer>> nextElsewhere() {
        return Async.supply(socket::next);
    }

    @Test
    void theyComeInOrder() {
        peer.say(event(1), event(2));
        peer.say(event(3));
        assertThat(socket.next()).isEqualTo(new Event<>(1));
        assertThat(socket.poll()).contains(new Event<>(2));
        assertThat(socket.next(SOON)).contains(new Event<>(3));
        assertThat(socket.poll()).isEmpty();
    }

    @Test
    void afterALossComesWordOfItAndThenTheRest() {
        peer.say(event(1));
        peer.fail(Errno.ENOBUFS);
        peer.say(event(2));
        assertThat(socket.next()).isEqualTo(new Event<>(1));
        assertThat(socket.next()).isEqualTo(new Missed<>());
        assertThat(socket.next()).isEqualTo(new Event<>(2));
        assertThat(socket.poll()).isEmpty();
    }

    @Test
    void otherErrorsAreErrors() {
        peer.fail(Errno.ENETDOWN);
        assertThatThrownBy(socket::next).hasMessageContaining("ENETDOWN");
        peer.say(event(1));
        assertThat(socket.next()).isEqualTo(new Event<>(1));
    }

    @Test
    void whatIsOfNoInterestIsSkipped() {
        peer.say(event(0), Wire.message(Uapi.NLMSG_NOOP(), 0, 0, 0), Wire.message(Uapi.NLMSG_DONE(), 0, 0, 0));
        peer.say(event(0));
        peer.say(event(5));
        assertThat(socket.next(SOON)).contains(new Event<>(5));
        peer.say(event(0));
        assertThat(socket.poll()).isEmpty();
        assertThat(socket.next(SOON)).isEmpty();
    }

    @Test
    void aMessageThatCannotBeReadCostsNoOther() {
        peer.say(event(1), event(1001), event(2));
        assertThatThrownBy(socket::next).isInstanceOf(MalformedMessageException.class);
        assertThat(socket.next()).isEqualTo(new Event<>(1));
        assertThat(socket.next()).isEqualTo(new Event<>(2));
        peer.say(event(3), Wire.hex("ffffffff000000000000000000000000"));
        assertThatThrownBy(socket::next).isInstanceOf(MalformedMessageException.class);
        assertThat(socket.next()).isEqualTo(new Event<>(3));
    }

    @Test
    void pollingDoesNotWaitForTheOneWhoWaits() throws Exception {
        CompletableFuture<Notification<Integer>> waiting = nextElsewhere();
        peer.untilAwaited();
        assertThat(socket.poll()).isEmpty();
        assertThat(socket.next(SOON)).isEmpty();
        peer.say(event(1));
        assertThat(waiting.get()).isEqualTo(new Event<>(1));
    }

    @Test
    void ofSeveralWhoWaitEachGetsOne() throws Exception {
        List<CompletableFuture<Notification<Integer>>> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            waiting.add(nextElsewhere());
        }
        peer.untilAwaited();
        for (int i = 1; i <= 8; i += 2) {
            peer.say(event(i), event(i + 1));
        }
        List<Notification<Integer>> got = new ArrayList<>();
        for (CompletableFuture<Notification<Integer>> one : waiting) {
            got.add(one.get());
        }
        assertThat(got).hasSize(8).doesNotHaveDuplicates();
    }

    @Test
    void patienceMayBeEndlessOrNone() throws Exception {
        assertThat(socket.next(Duration.ofSeconds(Long.MIN_VALUE))).isEmpty();
        CompletableFuture<Optional<Notification<Integer>>> waiting =
                Async.supply(() -> socket.next(Duration.ofSeconds(Long.MAX_VALUE)));
        peer.untilAwaited();
        peer.say(event(1));
        assertThat(waiting.get()).contains(new Event<>(1));
    }

    @Test
    void interruptionEndsNoWaitAndIsKept() throws Exception {
        CompletableFuture<Notification<Integer>> reading = nextElsewhere();
        peer.untilAwaited();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread second = Thread.ofPlatform().start(() -> {
            boolean got = socket.next(Duration.ofSeconds(10)).isPresent();
            interrupted.complete(got && Thread.currentThread().isInterrupted());
        });
        second.interrupt();
        peer.say(event(1), event(2));
        assertThat(interrupted.get()).isTrue();
        assertThat(reading.get()).isInstanceOf(Event.class);
    }

    @Test
    void closingEndsAllWaiting() throws Exception {
        CompletableFuture<Notification<Integer>> reading = nextElsewhere();
        peer.untilAwaited();
        CompletableFuture<Notification<Integer>> second = nextElsewhere();
        Thread.sleep(20);
        socket.close();
        socket.close();
        assertThatThrownBy(reading::get).hasRootCauseMessage("notification socket was closed while waiting");
        assertThatThrownBy(second::get).hasRootCauseInstanceOf(IllegalStateException.class);
        assertThat(peer.freed).isTrue();
        assertThatIllegalStateException().isThrownBy(socket::poll);
    }

    @Test
    void anIteratorEndsWhenTheSocketIsClosed() throws Exception {
        Iterator<Notification<Integer>> iterator = socket.iterator();
        peer.say(event(1));
        assertThat(iterator.hasNext()).isTrue();
        assertThat(iterator.hasNext()).isTrue();
        assertThat(iterator.next()).isEqualTo(new Event<>(1));
        CompletableFuture<Boolean> more = Async.supply(iterator::hasNext);
        peer.untilAwaited();
        socket.close();
        assertThat(more.get()).isFalse();
        assertThat(iterator.hasNext()).isFalse();
        assertThatThrownBy(iterator::next).isInstanceOf(java.util.NoSuchElementException.class);
    }
}
