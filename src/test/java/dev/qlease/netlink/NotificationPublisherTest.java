package dev.qlease.netlink;

import static dev.qlease.netlink.FakePeer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.Notification.Event;
import dev.qlease.netlink.Notification.Missed;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The publisher by the rules of java.util.concurrent.Flow. */
@Timeout(20)
class NotificationPublisherTest {
    private static final String COMPLETE = "complete";

    private final FakePeer peer = new FakePeer();
    private final NotificationSocket<Integer> socket = new NotificationSocket<>(
            peer,
            message -> Optional.of(
                    message.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX)));

    private static byte[] event(int ifindex) {
        return reply(0, 0, ifindex);
    }

    /** Writes down what it is told. */
    private static class Subscriber implements Flow.Subscriber<Notification<Integer>> {
        final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        volatile Flow.Subscription subscription;
        volatile Thread thread;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(Notification<Integer> item) {
            thread = Thread.currentThread();
            told.add(item);
        }

        @Override
        public void onError(Throwable problem) {
            told.add(problem);
        }

        @Override
        public void onComplete() {
            told.add(COMPLETE);
        }

        Object next() throws InterruptedException {
            return told.poll(10, TimeUnit.SECONDS);
        }
    }

    private Subscriber subscribe() {
        Subscriber subscriber = new Subscriber();
        socket.publisher().subscribe(subscriber);
        return subscriber;
    }

    @Test
    void onlyWhatWasAskedForIsDelivered() throws Exception {
        Subscriber subscriber = subscribe();
        peer.say(event(1), event(2), event(3));
        subscriber.subscription.request(2);
        assertThat(subscriber.next()).isEqualTo(new Event<>(1));
        assertThat(subscriber.next()).isEqualTo(new Event<>(2));
        assertThat(subscriber.told.poll(30, TimeUnit.MILLISECONDS)).isNull();
        subscriber.subscription.request(Long.MAX_VALUE);
        subscriber.subscription.request(Long.MAX_VALUE);
        assertThat(subscriber.next()).isEqualTo(new Event<>(3));
        peer.fail(Errno.ENOBUFS);
        assertThat(subscriber.next()).isEqualTo(new Missed<>());
    }

    @Test
    void itCompletesWhenTheSocketIsClosedAlsoWithoutDemand() throws Exception {
        Subscriber idle = subscribe();
        Subscriber waiting = subscribe();
        waiting.subscription.request(1);
        peer.untilAwaited();
        socket.close();
        assertThat(idle.next()).isEqualTo(COMPLETE);
        assertThat(waiting.next()).isEqualTo(COMPLETE);
        assertThat(subscribe().next()).isEqualTo(COMPLETE);
    }

    @Test
    void aCancelledOneEndsAtOnceAndTakesNothing() throws Exception {
        Subscriber subscriber = subscribe();
        subscriber.subscription.request(5);
        peer.say(event(1));
        assertThat(subscriber.next()).isEqualTo(new Event<>(1));
        peer.untilAwaited();
        subscriber.subscription.cancel();
        subscriber.thread.join();
        peer.say(event(2));
        assertThat(socket.next()).isEqualTo(new Event<>(2));
        assertThat(subscriber.told).isEmpty();
    }

    @Test
    void itCanBeCancelledFromWithinAndBeforeItBegins() throws Exception {
        Subscriber once = new Subscriber() {
            @Override
            public void onNext(Notification<Integer> item) {
                super.onNext(item);
                subscription.cancel();
            }
        };
        socket.publisher().subscribe(once);
        once.subscription.request(10);
        peer.say(event(1), event(2));
        assertThat(once.next()).isEqualTo(new Event<>(1));
        once.thread.join();
        assertThat(once.thread.isInterrupted()).isFalse();
        Subscriber never = new Subscriber() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                given.request(1);
                given.cancel();
            }
        };
        socket.publisher().subscribe(never);
        assertThat(socket.next()).isEqualTo(new Event<>(2));
        socket.close();
        assertThat(never.told.poll(30, TimeUnit.MILLISECONDS)).isNull();
        assertThat(once.told).isEmpty();
    }

    @Test
    void askingForNothingIsAnError() throws Exception {
        Subscriber subscriber = subscribe();
        subscriber.subscription.request(0);
        assertThat(subscriber.next()).isInstanceOf(IllegalArgumentException.class);
        assertThatNullPointerException().isThrownBy(() -> socket.publisher().subscribe(null));
    }

    @Test
    void whatCannotBeReadEndsIt() throws Exception {
        Subscriber subscriber = subscribe();
        subscriber.subscription.request(5);
        peer.say(Wire.message(Sample.FAMILY, 0, 0, 0, Wire.hex("0a010000")));
        assertThat(subscriber.next()).isInstanceOf(MalformedMessageException.class);
        peer.say(event(1));
        assertThat(socket.next()).isEqualTo(new Event<>(1));
    }

    @Test
    void eachNotificationReachesOneSubscriber() throws Exception {
        Subscriber first = subscribe();
        Subscriber second = subscribe();
        first.subscription.request(1);
        second.subscription.request(1);
        peer.say(event(1), event(2));
        assertThat(java.util.List.of(first.next(), second.next()))
                .containsExactlyInAnyOrder(new Event<>(1), new Event<>(2));
    }
}
