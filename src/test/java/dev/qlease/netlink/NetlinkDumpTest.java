package dev.qlease.netlink;

import static dev.qlease.netlink.FakePeer.done;
import static dev.qlease.netlink.FakePeer.error;
import static dev.qlease.netlink.FakePeer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.UnsupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Dumps from a peer that misbehaves, or that says what a kernel says rarely. */
@Timeout(20)
class NetlinkDumpTest {
    private static final int MULTI = Uapi.NLM_F_MULTI();
    private static final int INTERRUPTED = Uapi.NLM_F_MULTI() | Uapi.NLM_F_DUMP_INTR();
    private static final int ACK = Uapi.NLM_F_MULTI() | Uapi.NLM_F_ACK_TLVS();

    private final FakePeer peer = new FakePeer();
    private final NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC);
    private final AtomicInteger attempts = new AtomicInteger();

    private List<Integer> dump() {
        return socket.request(Sample.GET, Sample.FAMILY)
                .put(Sample.IFINDEX, 7)
                .dump(m -> m.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX));
    }

    private List<Integer> forEach() {
        List<Integer> given = new ArrayList<>();
        forEach(given::add);
        return given;
    }

    private void forEach(Consumer<Integer> reader) {
        socket.request(Sample.GET, Sample.FAMILY)
                .forEach(m -> m.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX), reader);
    }

    @Test
    void oneByOneItIsGivenAsItComes() {
        List<Integer> given = new ArrayList<>();
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), 0, 1), reply(sent.sequence(), MULTI, 2));
            peer.say(reply(sent.sequence(), 0, 3), done(sent.sequence(), 0, 0));
        };
        forEach(given::add);
        assertThat(given).containsExactly(1, 2, 3);
        peer.script = sent -> peer.say(done(sent.sequence(), MULTI, 0));
        assertThat(forEach()).isEmpty();
    }

    @Test
    void oneByOneItIsNotReadAgain() {
        List<Integer> given = new ArrayList<>();
        peer.script = sent -> peer.say(
                reply(sent.sequence(), MULTI, attempts.incrementAndGet()), done(sent.sequence(), INTERRUPTED, 0));
        assertThatExceptionOfType(DumpInterruptedException.class)
                .isThrownBy(() -> forEach(given::add))
                .withMessage("sample-get: the list changed while it was read (EINTR)")
                .satisfies(e -> assertThat(e.records()).isEmpty());
        assertThat(given).containsExactly(1);
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), MULTI, attempts.incrementAndGet()));
            peer.fail(Errno.ENOBUFS);
        };
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> forEach(given::add))
                .matches(e -> e.is(Errno.ENOBUFS));
        assertThat(given).containsExactly(1, 2);
    }

    @Test
    void oneByOneItIsAskedForAgainBeforeAnythingCame() {
        peer.script = sent -> {
            if (attempts.incrementAndGet() < 3) {
                peer.say(error(sent.sequence(), 0, Errno.EBUSY.number()));
            } else {
                peer.say(reply(sent.sequence(), MULTI, 1), done(sent.sequence(), MULTI, 0));
            }
        };
        assertThat(forEach()).containsExactly(1);
    }

    @Test
    void whatTheReaderThrowsEndsIt() {
        List<Integer> given = new ArrayList<>();
        peer.script = sent -> peer.say(
                reply(sent.sequence(), MULTI, 1),
                reply(sent.sequence(), MULTI, 2),
                reply(sent.sequence(), MULTI, 3),
                done(sent.sequence(), MULTI, 0));
        assertThatThrownBy(() -> forEach(number -> {
                    given.add(number);
                    if (number == 2) {
                        throw new IllegalStateException("enough");
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("enough");
        assertThat(given).containsExactly(1, 2);
        assertThat(dump()).containsExactly(1, 2, 3);
    }

    @Test
    void theReadersOwnTimeIsNotTheKernels() {
        socket.timeout(Duration.ofMillis(200));
        peer.script = sent -> {
            for (int i = 0; i < 3; i++) {
                peer.say(reply(sent.sequence(), MULTI, i), reply(sent.sequence(), MULTI, i));
            }
            peer.say(done(sent.sequence(), MULTI, 0));
        };
        List<Integer> given = new ArrayList<>();
        forEach(number -> {
            sleep();
            given.add(number);
        });
        assertThat(given).hasSize(6);
    }

    @Test
    void theReaderMakesNoRequestsOfTheSocket() {
        peer.script = sent -> peer.say(reply(sent.sequence(), MULTI, 1), done(sent.sequence(), MULTI, 0));
        assertThatThrownBy(() -> forEach(_ -> forEach()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a decoder or reader makes no requests of the socket");
        assertThat(forEach()).containsExactly(1);
    }

    @Test
    void itEndsOnDoneAlone() {
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), 0, 1), reply(sent.sequence(), MULTI, 2));
            peer.say(reply(sent.sequence(), 0, 3));
            peer.say(done(sent.sequence(), 0, 0));
        };
        assertThat(dump()).containsExactly(1, 2, 3);
    }

    @Test
    void anEmptyListIsAList() {
        peer.script = sent -> peer.say(done(sent.sequence(), MULTI, 0));
        assertThat(dump()).isEmpty();
    }

    @Test
    void olderFamiliesEndWithoutANumber() {
        peer.script = sent -> peer.say(
                reply(sent.sequence(), MULTI, 1),
                Wire.message(Uapi.NLMSG_DONE(), MULTI, sent.sequence(), FakePeer.PORT));
        assertThat(dump()).containsExactly(1);
    }

    @Test
    void anAcknowledgementDoesNotEndIt() {
        peer.script = sent -> peer.say(
                error(sent.sequence(), 0, 0), reply(sent.sequence(), MULTI, 1), done(sent.sequence(), MULTI, 0));
        assertThat(dump()).containsExactly(1);
    }

    @Test
    void aListThatChangedIsReadAgain() {
        peer.script = sent -> {
            boolean changes = attempts.incrementAndGet() < 3;
            peer.say(reply(sent.sequence(), MULTI, attempts.get()));
            peer.say(done(sent.sequence(), changes ? INTERRUPTED : MULTI, 0));
        };
        assertThat(dump()).containsExactly(3);
    }

    @Test
    void aListThatChangesEveryTimeComesWithTheException() {
        peer.script = sent -> peer.say(
                reply(sent.sequence(), INTERRUPTED, attempts.incrementAndGet()), done(sent.sequence(), MULTI, 0));
        assertThatExceptionOfType(DumpInterruptedException.class)
                .isThrownBy(this::dump)
                .withMessage("sample-get: the list changed while it was read, 4 times in a row (EINTR)")
                .satisfies(e -> assertThat(e.records()).isEqualTo(List.of(4)));
        assertThat(attempts).hasValue(4);
    }

    @Test
    void thePausesBetweenAttemptsGrow() {
        List<Long> times = new ArrayList<>();
        peer.script = sent -> {
            times.add(System.nanoTime());
            peer.say(done(sent.sequence(), INTERRUPTED, 0));
        };
        assertThatExceptionOfType(DumpInterruptedException.class).isThrownBy(this::dump);
        assertThat(times).hasSize(4);
        long pause = Duration.ofMillis(4).toNanos();
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).isGreaterThanOrEqualTo(pause << i - 1);
        }
    }

    @Test
    void doneCanCarryAnErrorAndItsExtendedAck() {
        peer.script = sent -> peer.say(
                reply(sent.sequence(), MULTI, 1),
                done(
                        sent.sequence(),
                        ACK,
                        -Errno.EINVAL.number(),
                        Wire.attribute(1, Wire.text("bad filter")),
                        Wire.attribute(2, Wire.u32(20))));
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(this::dump)
                .withMessage("sample-get: bad filter [attribute ifindex, at offset 20] (EINVAL)");
        peer.script = sent -> peer.say(done(sent.sequence(), MULTI, -Errno.EOPNOTSUPP.number()));
        assertThatExceptionOfType(UnsupportedException.class).isThrownBy(this::dump);
    }

    @Test
    void anErrorThatInterruptionWentWithIsAnError() {
        peer.script = sent -> {
            attempts.incrementAndGet();
            peer.say(done(sent.sequence(), INTERRUPTED, -Errno.EINVAL.number()));
        };
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(this::dump).matches(e -> e.is(Errno.EINVAL));
        assertThat(attempts).hasValue(1);
    }

    @Test
    void aRefusalEndsIt() {
        peer.script = sent -> peer.say(error(sent.sequence(), 0, Errno.EPERM.number()));
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(this::dump).matches(e -> e.is(Errno.EPERM));
        // Also where the ack that comes with it makes no sense.
        peer.script = sent -> peer.say(error(sent.sequence(), ACK, Errno.EPERM.number(), Wire.hex("ffff0100")));
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(this::dump).matches(e -> e.is(Errno.EPERM));
    }

    @Test
    void aReplyThatCannotBeReadFailsItAtItsEnd() {
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), MULTI, 1));
            peer.say(Wire.message(Sample.FAMILY, MULTI, sent.sequence(), FakePeer.PORT, Wire.hex("0a010000")));
            peer.say(reply(sent.sequence(), MULTI, 3));
            peer.say(done(sent.sequence(), MULTI, 0));
        };
        assertThatExceptionOfType(MalformedMessageException.class).isThrownBy(this::dump);
        peer.script = sent -> peer.say(reply(sent.sequence(), MULTI, 1), done(sent.sequence(), MULTI, 0));
        assertThat(dump()).containsExactly(1);
    }

    @Test
    void itsTimeCountsFromTheLastSign() {
        socket.timeout(Duration.ofSeconds(1));
        peer.script = sent -> Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 6; i++) {
                sleep();
                peer.say(reply(sent.sequence(), MULTI, i));
            }
            peer.say(done(sent.sequence(), MULTI, 0));
        });
        assertThat(dump()).hasSize(6);
    }

    private static void sleep() {
        try {
            Thread.sleep(250);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneThatNeverEndsTimesOutAndTheNextIsItsOwn() {
        socket.timeout(Duration.ofMillis(40));
        int[] old = new int[1];
        peer.script = sent -> {
            old[0] = sent.sequence();
            peer.say(reply(sent.sequence(), MULTI, 1));
        };
        assertThatExceptionOfType(NetlinkTimeoutException.class).isThrownBy(this::dump);
        peer.script = sent -> peer.say(
                reply(old[0], MULTI, 2),
                done(old[0], MULTI, 0),
                reply(sent.sequence(), MULTI, 3),
                done(sent.sequence(), MULTI, 0));
        assertThat(dump()).containsExactly(3);
    }

    /**
     * The kernel runs one dump a socket: after one that was given up it says so, and goes on with it when asked for
     * more.
     */
    @Test
    void aKernelBusyWithAnEarlierOneIsAskedAgain() {
        peer.script = sent -> {
            if (attempts.incrementAndGet() < 3) {
                peer.say(error(sent.sequence(), 0, Errno.EBUSY.number()));
                peer.say(reply(99, MULTI, 5));
            } else {
                peer.say(reply(sent.sequence(), MULTI, 1), done(sent.sequence(), MULTI, 0));
            }
        };
        assertThat(dump()).containsExactly(1);
        attempts.set(-10);
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(this::dump).matches(e -> e.is(Errno.EBUSY));
        assertThat(attempts).hasValue(-6);
    }

    @Test
    void onePartOfWhichWasLostIsReadAgain() {
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), MULTI, 1));
            if (attempts.incrementAndGet() == 1) {
                peer.fail(Errno.ENOBUFS);
            } else {
                peer.say(done(sent.sequence(), MULTI, 0));
            }
        };
        assertThat(dump()).containsExactly(1);
        assertThat(attempts).hasValue(2);
        peer.script = sent -> {
            peer.say(reply(sent.sequence(), MULTI, 1));
            peer.fail(Errno.ENOBUFS);
        };
        assertThatThrownBy(this::dump).hasMessage("sample-get: No buffer space available (ENOBUFS)");
    }
}
