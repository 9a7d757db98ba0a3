package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads on one socket, whose peer answers later, in batches and in any order. */
@Timeout(40)
class NetlinkSocketStressTest {
    private static final int THREADS = 100;
    private static final int REQUESTS = 100;

    private final FakePeer peer = new FakePeer();
    private final NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC);
    private final BlockingQueue<FakePeer.Sent> questions = new LinkedBlockingQueue<>();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyThreadGetsItsOwnAnswers(boolean virtual) throws Exception {
        peer.script = questions::add;
        Thread answering = Thread.ofPlatform().daemon().start(this::answer);
        try (ExecutorService threads =
                virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(THREADS)) {
            List<Callable<Boolean>> askers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                askers.add(() -> ask(thread));
            }
            for (Future<Boolean> asked : threads.invokeAll(askers)) {
                assertThat(asked.get()).isTrue();
            }
        }
        answering.interrupt();
        answering.join();
        assertThat(peer.requestCount()).isEqualTo(THREADS * REQUESTS);
    }

    private boolean ask(int thread) {
        for (int i = 0; i < REQUESTS; i++) {
            int wanted = thread << 16 | i;
            Request request = socket.request(Sample.GET, Sample.FAMILY).put(Sample.IFINDEX, wanted);
            if (i % 10 == 0) {
                List<Integer> got = request.dump(NetlinkSocketStressTest::ifindex);
                assertThat(got).containsExactly(wanted, wanted, wanted);
            } else {
                int got = request.get(NetlinkSocketStressTest::ifindex);
                assertThat(got).isEqualTo(wanted);
            }
        }
        return true;
    }

    private static Integer ifindex(NetlinkMessage message) {
        return message.attributes(Sample.TOP, Sample.GET.headerSize()).get(Sample.IFINDEX);
    }

    private void answer() {
        Random random = new Random(1);
        List<FakePeer.Sent> batch = new ArrayList<>();
        try {
            while (true) {
                batch.add(questions.take());
                questions.drainTo(batch, random.nextInt(20));
                Collections.shuffle(batch, random);
                for (FakePeer.Sent sent : batch) {
                    int ifindex = java.nio.ByteBuffer.wrap(sent.bytes())
                            .order(java.nio.ByteOrder.nativeOrder())
                            .getInt(24);
                    byte[] reply = FakePeer.reply(sent.sequence(), 0, ifindex);
                    if ((sent.flags() & dev.qlease.ffi.uapi.Uapi.NLM_F_DUMP()) != 0) {
                        peer.say(reply, reply);
                        peer.say(reply);
                        peer.say(FakePeer.done(sent.sequence(), 0, 0));
                    } else {
                        peer.say(reply);
                    }
                }
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
