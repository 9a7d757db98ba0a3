package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("host")
@Timeout(60)
class SocketPollerHostTest {
    private final Sandbox sandbox = Sandbox.create();
    private final SocketPoller poller = SocketPoller.open();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private NonBlockingSocket listening;

    @BeforeEach
    void listen() {
        sandbox.rtnl().links().up(1);
        listening = opened(NonBlockingSocket.open(sandbox.namespace()));
        listening.bind(new InetSocketAddress("127.0.0.1", 0));
        listening.listen(10);
    }

    @AfterEach
    void close() throws Exception {
        poller.close();
        for (AutoCloseable resource : opened) {
            resource.close();
        }
        sandbox.close();
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }

    /** An ordinary socket that is connected to {@link #listening}. */
    private Socket connect() {
        InetSocketAddress to = listening.localAddress();
        return opened(sandbox.namespace().run(() -> {
            try {
                return new Socket("127.0.0.1", to.getPort());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }));
    }

    private NonBlockingSocket accept() {
        return opened(listening.accept().orElseThrow());
    }

    private void pollUntil(BooleanSupplier met) {
        while (!met.getAsBoolean()) {
            poller.poll();
        }
    }

    @Test
    void tellsOfEachThingOnce() throws Exception {
        Socket peer = connect();
        NonBlockingSocket socket = accept();
        List<Integer> told = new ArrayList<>();
        poller.add(socket.descriptor(), told::add);
        poller.poll();
        assertThat(told).containsExactly(SocketPoller.WRITABLE);
        poller.poll();
        assertThat(told).hasSize(1);

        peer.getOutputStream().write(1);
        pollUntil(() -> told.size() == 2);
        assertThat(told.getLast()).isEqualTo(SocketPoller.WRITABLE | SocketPoller.READABLE);
        poller.poll();
        assertThat(told).as("though nobody has read").hasSize(2);

        peer.shutdownOutput();
        pollUntil(() -> told.size() == 3);
        assertThat(told.getLast() & SocketPoller.PEER_ENDED).isNotZero();
    }

    @Test
    void tellsOfAConnectionThatFailed() throws Exception {
        Socket peer = connect();
        NonBlockingSocket socket = accept();
        List<Integer> told = new ArrayList<>();
        poller.add(socket.descriptor(), told::add);
        peer.setSoLinger(true, 0);
        peer.close();
        pollUntil(() -> !told.isEmpty() && (told.getLast() & SocketPoller.HUNG_UP) != 0);
        assertThat(told.getLast() & SocketPoller.ERROR).isNotZero();
    }

    /** More of them than one call takes or there are places for at first. */
    @Test
    void tellsEachListenerOfItsSocket() throws Exception {
        int count = 200;
        int[] told = new int[count];
        List<Socket> peers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            peers.add(connect());
            poller.add(accept().descriptor(), events -> told[index] |= events);
        }
        pollUntil(() -> Arrays.stream(told).allMatch(events -> events == SocketPoller.WRITABLE));
        for (int i = 0; i < count; i += 2) {
            peers.get(i).getOutputStream().write(1);
        }
        pollUntil(() -> IntStream.range(0, count).allMatch(i -> i % 2 != 0 || (told[i] & SocketPoller.READABLE) != 0));
        for (int i = 1; i < count; i += 2) {
            assertThat(told[i]).isEqualTo(SocketPoller.WRITABLE);
        }
    }

    /** Both have something when the call is made, and each listener closes the other's watch and takes its place. */
    @Test
    void aClosedWatchHearsNothingEvenOfWhatWasTaken() {
        List<String> told = new ArrayList<>();
        connect();
        NonBlockingSocket first = accept();
        connect();
        NonBlockingSocket second = accept();
        connect();
        NonBlockingSocket third = accept();
        SocketPoller.Watch[] watches = new SocketPoller.Watch[2];
        watches[0] = poller.add(first.descriptor(), _ -> {
            told.add("first");
            watches[1].close();
            poller.add(third.descriptor(), _ -> told.add("third"));
        });
        watches[1] = poller.add(second.descriptor(), _ -> {
            told.add("second");
            watches[0].close();
            poller.add(third.descriptor(), _ -> told.add("third"));
        });
        poller.poll();
        assertThat(told).hasSize(1).isSubsetOf("first", "second");
        poller.poll();
        assertThat(told).hasSize(2).endsWith("third");
    }

    @Test
    void aListenerMayCloseIt() {
        connect();
        NonBlockingSocket first = accept();
        connect();
        NonBlockingSocket second = accept();
        List<Integer> told = new ArrayList<>();
        for (NonBlockingSocket socket : List.of(first, second)) {
            poller.add(socket.descriptor(), events -> {
                told.add(events);
                poller.close();
            });
        }
        poller.poll();
        assertThat(told).hasSize(1);
        assertThat(poller.isOpen()).isFalse();
        assertThat(first.isOpen()).isTrue();
        assertThatIllegalStateException().isThrownBy(poller::poll);
        poller.close();
    }

    @Test
    void aListenerThatThrowsKeepsNobodyFromHearing() {
        List<Integer> told = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            connect();
            poller.add(accept().descriptor(), events -> {
                told.add(events);
                throw new AssertionError("thrown by a listener");
            });
        }
        assertThatExceptionOfType(AssertionError.class).isThrownBy(poller::poll).withMessage("thrown by a listener");
        assertThat(told).hasSize(3);
    }

    @Test
    void aWatchThatIsClosedMakesRoomForTheNext() {
        connect();
        NonBlockingSocket socket = accept();
        for (int i = 0; i < 1000; i++) {
            SocketPoller.Watch watch = poller.add(socket.descriptor(), _ -> {});
            watch.close();
            watch.close();
        }
        poller.add(socket.descriptor(), _ -> {});
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> poller.add(socket.descriptor(), _ -> {}))
                .matches(e -> e.is(Errno.EEXIST));
    }
}
