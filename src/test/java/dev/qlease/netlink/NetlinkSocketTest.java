package dev.qlease.netlink;

import static dev.qlease.netlink.FakePeer.done;
import static dev.qlease.netlink.FakePeer.error;
import static dev.qlease.netlink.FakePeer.reply;
import static dev.qlease.netlink.FakePeer.replyTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Async;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests to a peer that misbehaves, or that says what a kernel says rarely. */
@Timeout(20)
class NetlinkSocketTest {
    private static final int ACK = Uapi.NLM_F_ACK_TLVS();

    private final FakePeer peer = new FakePeer();
    private final NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC);

    private Request request() {
        return socket.request(Sample.GET, Sample.FAMILY).put(Sample.IFINDEX, 7);
    }

    private static Integer ifindex(NetlinkMessage message) {
        return message.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX);
    }

    private int get() {
        return request().get(NetlinkSocketTest::ifindex);
    }

    private CompletableFuture<Integer> getElsewhere() {
        return Async.supply(this::get);
    }

    @Test
    void aReplyIsRead() {
        peer.script = sent -> peer.say(reply(sent.sequence(), 0, 3));
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void ofSeveralRepliesTheFirstCounts() {
        peer.script = sent -> peer.say(reply(sent.sequence(), 0, 3), reply(sent.sequence(), 0, 4));
        assertThat(get()).isEqualTo(3);
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void anAcknowledgementWithoutAReplyIsMalformed() {
        peer.script = sent -> peer.say(error(sent.sequence(), 0, 0));
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(this::get)
                .withMessageContaining("without a reply");
        peer.script = sent -> peer.say(done(sent.sequence(), 0, 0));
        assertThatExceptionOfType(MalformedMessageException.class).isThrownBy(this::get);
    }

    @Test
    void repliesToOthersAndOfOthersAreIgnored() {
        peer.script = sent -> peer.say(
                replyTo(FakePeer.PORT + 1, sent.sequence(), 0, 1),
                reply(sent.sequence() + 1, 0, 2),
                reply(0, 0, 2),
                reply(sent.sequence(), 0, 3));
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void controlMessagesAreNoReplies() {
        peer.script = sent -> peer.say(
                Wire.message(Uapi.NLMSG_NOOP(), 0, sent.sequence(), FakePeer.PORT),
                Wire.message(Uapi.NLMSG_OVERRUN(), 0, sent.sequence(), FakePeer.PORT),
                reply(sent.sequence(), 0, 3));
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void whatCannotBeParsedIsDroppedAndTheRestGoesOn() {
        peer.script = sent -> {
            peer.say(Wire.hex("ff"));
            peer.say();
            peer.say(Wire.hex("05000000 0000 0000 00000000 00000000"));
            peer.say(Wire.hex("ff000000 0000 0000 00000000 00000000"));
            peer.say(reply(sent.sequence(), 0, 3), Wire.hex("00000000000000000000000000000000"));
        };
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void aReplyThatTheDecoderCannotReadFails() {
        peer.script =
                sent -> peer.say(Wire.message(Sample.FAMILY, 0, sent.sequence(), FakePeer.PORT, Wire.hex("0a010000")));
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(this::get)
                .withMessage("top: ifindex is missing (EBADMSG)");
        peer.script =
                sent -> peer.say(Wire.message(Uapi.NLMSG_ERROR(), 0, sent.sequence(), FakePeer.PORT, Wire.hex("0a01")));
        assertThatExceptionOfType(MalformedMessageException.class).isThrownBy(request()::execute);
    }

    @Test
    void aRequestThatCannotBeSentFails() {
        peer.sendResult = -Errno.EMSGSIZE.number();
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(this::get)
                .withMessage("send of sample-get: Message too long (EMSGSIZE)");
        peer.sendResult = 0;
        peer.script = sent -> peer.say(reply(sent.sequence(), 0, 3));
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void aWarningBesideASuccessIsASuccess() {
        peer.script =
                sent -> peer.say(error(sent.sequence(), ACK, 0, Wire.attribute(1, Wire.text("this will go away"))));
        request().execute();
    }

    @Test
    void aLateReplyToATimedOutRequestIsNobodys() {
        socket.timeout(Duration.ofMillis(30));
        int[] late = new int[1];
        peer.script = sent -> late[0] = sent.sequence();
        assertThatExceptionOfType(NetlinkTimeoutException.class)
                .isThrownBy(this::get)
                .withMessage("sample-get: no answer within 30 ms (ETIMEDOUT)");
        peer.script = sent -> peer.say(reply(late[0], 0, 8), reply(sent.sequence(), 0, 3));
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void timeCountsFromWhenTheKernelHasTakenTheRequest() {
        socket.timeout(Duration.ofSeconds(1));
        peer.script = sent -> {
            sleep(1100);
            Thread.ofPlatform().start(() -> {
                sleep(50);
                peer.say(reply(sent.sequence(), 0, 3));
            });
        };
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void aTimeoutMayBeAsLongAsALifetime() {
        socket.timeout(Duration.ofSeconds(Long.MAX_VALUE));
        peer.script = sent -> Thread.ofPlatform().start(() -> {
            sleep(20);
            peer.say(reply(sent.sequence(), 0, 3));
        });
        assertThat(get()).isEqualTo(3);
        assertThatIllegalArgumentException().isThrownBy(() -> socket.timeout(Duration.ZERO));
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void ofLostRepliesOnlyThoseWhoWaitForThemFail() throws Exception {
        CompletableFuture<Integer> answered = getElsewhere();
        untilRequests(1);
        CompletableFuture<Integer> lost = getElsewhere();
        untilRequests(2);
        synchronized (peer) {
            peer.fail(Errno.ENOBUFS);
            peer.say(reply(1, 0, 3));
        }
        assertThat(answered.get()).isEqualTo(3);
        assertThatThrownBy(lost::get)
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("sample-get: No buffer space available (ENOBUFS)");
        peer.script = sent -> peer.say(reply(sent.sequence(), 0, 4));
        assertThat(get()).isEqualTo(4);
    }

    /** The kernel drops replies without a word until its queue has been empty: also of requests under way meanwhile. */
    @Test
    void aReplyLostWhileTheLossWasDealtWithIsFoundToo() throws Exception {
        CompletableFuture<Integer> first = getElsewhere();
        untilRequests(1);
        CompletableFuture<Void> hold = new CompletableFuture<>();
        peer.script = _ -> hold.join();
        CompletableFuture<Integer> underWay = getElsewhere();
        untilRequests(2);
        peer.fail(Errno.ENOBUFS);
        assertThatThrownBy(first::get).hasRootCauseInstanceOf(NetlinkException.class);
        hold.complete(null);
        assertThatThrownBy(underWay::get).hasRootCauseMessage("sample-get: No buffer space available (ENOBUFS)");
    }

    @Test
    void aSocketThatSaysNothingButErrorsIsBroken() {
        peer.script = _ -> {
            for (int i = 0; i < 100; i++) {
                peer.fail(Errno.ENETDOWN);
            }
        };
        assertThatExceptionOfType(LinuxException.class).isThrownBy(this::get).matches(e -> e.is(Errno.ENETDOWN));
    }

    private void untilRequests(int count) throws InterruptedException {
        while (peer.requestCount() < count) {
            Thread.sleep(1);
        }
        // The first waits in the peer by now, the others for the first.
        peer.untilAwaited();
        Thread.sleep(20);
    }

    @Test
    void anErrorInSomebodyElsesDecoderReachesHimAlone() throws Exception {
        CompletableFuture<Integer> receiver = getElsewhere();
        untilRequests(1);
        CompletableFuture<Integer> broken = Async.supply(() -> request().get(_ -> {
            throw new AssertionError("broken decoder");
        }));
        untilRequests(2);
        peer.say(reply(2, 0, 0), reply(1, 0, 3));
        assertThat(receiver.get()).isEqualTo(3);
        assertThatThrownBy(broken::get).hasRootCauseMessage("broken decoder");
    }

    @Test
    void aDecoderThatMakesRequestsIsTold() {
        peer.script = sent -> peer.say(reply(sent.sequence(), 0, 3));
        assertThatIllegalStateException()
                .isThrownBy(() -> request().get(_ -> get()))
                .withMessageContaining("a decoder or reader makes no requests");
        assertThat(get()).isEqualTo(3);
    }

    @Test
    void closingEndsAllWaiting() throws Exception {
        CompletableFuture<Integer> receiver = getElsewhere();
        untilRequests(1);
        CompletableFuture<Integer> other = getElsewhere();
        untilRequests(2);
        assertThat(peer.freed).isFalse();
        socket.close();
        socket.close();
        assertThatThrownBy(receiver::get).hasRootCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(other::get)
                .hasRootCauseMessage("netlink socket was closed while waiting for the answer to sample-get");
        assertThat(peer.freed).isTrue();
        assertThatIllegalStateException().isThrownBy(this::get).withMessage("fake socket is closed");
        assertThatIllegalStateException().isThrownBy(() -> request().dump(_ -> 1));
    }

    @Test
    void interruptionEndsNoWaitAndIsKept() throws Exception {
        CompletableFuture<Integer> receiver = getElsewhere();
        untilRequests(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread other = Thread.ofPlatform().start(() -> {
            int answer = get();
            interrupted.complete(Thread.currentThread().isInterrupted() && answer == 4);
        });
        untilRequests(2);
        other.interrupt();
        // One that took its interruption for the end of the wait would never rest again.
        while (other.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        peer.say(reply(2, 0, 4), reply(1, 0, 3));
        assertThat(interrupted.get()).isTrue();
        assertThat(receiver.get()).isEqualTo(3);
    }

    @Test
    void itNamesItself() {
        assertThat(socket).hasToString("netlink socket (GENERIC, port 4711)");
        assertThat(socket.port()).isEqualTo(4711);
        assertThat(socket.protocol()).isEqualTo(NetlinkProtocol.GENERIC);
        assertThat(socket.timeout()).isEqualTo(Duration.ofSeconds(10));
    }
}
