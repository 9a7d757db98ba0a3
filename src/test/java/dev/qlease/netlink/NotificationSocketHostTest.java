package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Async;
import dev.qlease.linux.sys.Events;
import dev.qlease.netlink.Notification.Event;
import dev.qlease.netlink.Notification.Missed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel of this machine tells of links that come and go. */
@Tag("host")
@Timeout(60)
class NotificationSocketHostTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private RawLinks box;
    private NetlinkSocket links;
    private NotificationSocket<String> heard;

    @BeforeEach
    void listen() {
        box = RawLinks.inNewNamespace();
        links = box.open();
        heard = open(0);
    }

    @AfterEach
    void stop() {
        if (box != null) {
            heard.close();
            links.close();
            box.close();
        }
    }

    /** The names of new links. */
    private NotificationSocket<String> open(int receiveQueue) {
        return NotificationSocket.open(
                NetlinkProtocol.ROUTE,
                box.namespace(),
                new int[] {Uapi.RTNLGRP_LINK()},
                receiveQueue,
                message ->
                        message.type() == Uapi.RTM_NEWLINK() ? Optional.of(RawLinks.name(message)) : Optional.empty());
    }

    /** Takes notifications until one tells of {@code ifname}; how many misses there were. */
    private static int missesUntil(NotificationSocket<String> socket, String ifname) {
        int misses = 0;
        while (true) {
            Notification<String> next = socket.next(PATIENCE).orElseThrow();
            if (next instanceof Missed) {
                misses++;
            } else if (next.equals(new Event<>(ifname))) {
                return misses;
            }
        }
    }

    @Test
    void newLinksAreHeardOf() {
        RawLinks.create(links, "hello");
        assertThat(missesUntil(heard, "hello")).isZero();
    }

    @Test
    void aFloodIsMissedInPartAndThenWholeAgain() {
        try (NotificationSocket<String> slow = open(4096)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 20; i++) {
                    RawLinks.create(links, "flood");
                    RawLinks.delete(links, "flood");
                }
                List<Notification<String>> after = new ArrayList<>();
                for (Optional<Notification<String>> n = slow.poll(); n.isPresent(); n = slow.poll()) {
                    after.add(n.get());
                }
                assertThat(after).contains(new Missed<>()).hasSizeLessThan(120);
                RawLinks.create(links, "calm" + round);
                assertThat(missesUntil(slow, "calm" + round)).isZero();
            }
        }
    }

    @Test
    void oneWhoReadsHearsAllOfAFlood() throws Exception {
        try (NotificationSocket<String> roomy = open(8 << 20)) {
            CompletableFuture<Integer> misses = Async.supply(() -> missesUntil(roomy, "last"));
            for (int i = 0; i < 100; i++) {
                RawLinks.create(links, "flood");
                RawLinks.delete(links, "flood");
            }
            RawLinks.create(links, "last");
            assertThat(misses.get()).isZero();
        }
    }

    @Test
    void whatHappensElsewhereIsNotHeard() {
        try (RawLinks other = RawLinks.inNewNamespace();
                NetlinkSocket otherLinks = other.open()) {
            RawLinks.create(otherLinks, "elsewhere");
            assertThat(heard.next(Duration.ofMillis(50))).isEmpty();
        }
    }

    @Test
    void closingEndsAWait() throws Exception {
        CompletableFuture<Notification<String>> waiting = Async.supply(heard::next);
        Thread.sleep(50);
        heard.close();
        assertThatThrownBy(waiting::get).hasRootCauseMessage("notification socket was closed while waiting");
        heard.close();
        assertThatIllegalStateException().isThrownBy(heard::poll);
    }

    @Test
    void patienceEnds() {
        long start = System.nanoTime();
        assertThat(heard.next(Duration.ofMillis(40))).isEmpty();
        assertThat(System.nanoTime() - start).isBetween(40_000_000L, 5_000_000_000L);
    }

    @Test
    void theDescriptorIsReadableWhenThereIsSomething() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polled = pollfd.allocate(arena);
            pollfd.fd(polled, heard.descriptor().number());
            pollfd.events(polled, (short) Libc.POLLIN());
            assertThat(Events.poll(polled, 1, System.nanoTime())).isZero();
            RawLinks.create(links, "poll");
            assertThat(Events.poll(polled, 1, Events.deadlineAfter(PATIENCE))).isEqualTo(1);
            List<Notification<String>> all = new ArrayList<>();
            for (Optional<Notification<String>> n = heard.poll(); n.isPresent(); n = heard.poll()) {
                all.add(n.get());
            }
            assertThat(all).contains(new Event<>("poll"));
            assertThat(Events.poll(polled, 1, System.nanoTime())).isZero();
        }
    }

    @Test
    void iterationGoesOnUntilItIsClosed() {
        RawLinks.create(links, "one");
        Iterator<Notification<String>> iterator = heard.iterator();
        Notification<String> next = iterator.next();
        while (!next.equals(new Event<>("one"))) {
            next = iterator.next();
        }
        heard.close();
        assertThat(iterator.hasNext()).isFalse();
    }

    @Test
    void aPublisherDeliversWhatIsAskedForAndEnds() throws Exception {
        BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        CompletableFuture<Flow.Subscription> given = new CompletableFuture<>();
        heard.publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                given.complete(subscription);
            }

            @Override
            public void onNext(Notification<String> item) {
                told.add(item);
            }

            @Override
            public void onError(Throwable throwable) {
                told.add(throwable);
            }

            @Override
            public void onComplete() {
                told.add("complete");
            }
        });
        RawLinks.create(links, "asked");
        assertThat(told.poll(50, TimeUnit.MILLISECONDS)).isNull();
        given.get().request(1);
        assertThat(told.poll(10, TimeUnit.SECONDS)).isInstanceOf(Event.class);
        assertThat(told.poll(50, TimeUnit.MILLISECONDS)).isNull();
        heard.close();
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("complete");
    }
}
