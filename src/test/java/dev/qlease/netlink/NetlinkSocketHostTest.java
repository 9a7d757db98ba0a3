package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.sockaddr_nl;
import dev.qlease.linux.Async;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to the kernel of this machine. */
@Tag("host")
@Timeout(60)
class NetlinkSocketHostTest {
    private static final int REQUESTERS = 200;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void twoHundredRequestersOnOneSocketGetTheirOwnAnswers(boolean virtual) throws Exception {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket socket = box.open();
                ExecutorService threads = virtual
                        ? Executors.newVirtualThreadPerTaskExecutor()
                        : Executors.newFixedThreadPool(REQUESTERS)) {
            for (int i = 0; i < 10; i++) {
                RawLinks.create(socket, "v" + i);
            }
            List<Integer> indexes = RawLinks.dump(socket, RawLinks::index);
            List<String> names = RawLinks.names(socket);
            List<Callable<Boolean>> requesters = new ArrayList<>();
            for (int i = 0; i < REQUESTERS; i++) {
                int requester = i;
                requesters.add(() -> ask(socket, requester, indexes, names));
            }
            for (Future<Boolean> asked : threads.invokeAll(requesters)) {
                assertThat(asked.get()).isTrue();
            }
        }
    }

    private static boolean ask(NetlinkSocket socket, int requester, List<Integer> indexes, List<String> names) {
        for (int i = 0; i < 25; i++) {
            int which = (requester + i) % indexes.size();
            switch (i % 8) {
                case 0 -> assertThat(RawLinks.names(socket)).isEqualTo(names);
                case 1 ->
                    assertThatExceptionOfType(NetlinkException.class)
                            .isThrownBy(() -> RawLinks.delete(socket, "missing"))
                            .matches(e -> e.is(Errno.ENODEV));
                default -> assertThat(RawLinks.name(socket, indexes.get(which))).isEqualTo(names.get(which));
            }
        }
        return true;
    }

    @Test
    void dumpsOfFourThousandLinksAreWhole() {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket socket = box.open()) {
            for (int i = 0; i < 2000; i++) {
                RawLinks.create(socket, "v" + i);
            }
            List<Integer> indexes = RawLinks.dump(socket, RawLinks::index);
            assertThat(indexes).hasSize(4001).doesNotHaveDuplicates();
            assertThat(RawLinks.names(socket)).contains("lo", "v0", "v1999");
            interruptADump(box, socket);
        }
    }

    /** Links come and go while the kernel lists others: it says so, and says so every time. */
    private static void interruptADump(RawLinks box, NetlinkSocket socket) {
        try (NetlinkSocket other = box.open()) {
            AtomicInteger seen = new AtomicInteger();
            assertThatExceptionOfType(DumpInterruptedException.class)
                    .isThrownBy(() -> RawLinks.dump(socket, message -> {
                        if (seen.getAndIncrement() % 500 == 0) {
                            RawLinks.create(other, "transient");
                            RawLinks.delete(other, "transient");
                        }
                        return RawLinks.index(message);
                    }))
                    .satisfies(e -> assertThat(e.records()).hasSizeGreaterThan(4000));
            assertThat(seen.get()).isGreaterThan(16_000);
            assertThat(RawLinks.names(socket)).hasSize(4001);
        }
    }

    @Test
    void aChangeDuringADumpIsMadeGoodByReadingAgain() {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket socket = box.open();
                NetlinkSocket other = box.open()) {
            for (int i = 0; i < 60; i++) {
                RawLinks.create(socket, "v" + i);
            }
            AtomicInteger seen = new AtomicInteger();
            List<String> names = RawLinks.dump(socket, message -> {
                if (seen.incrementAndGet() == 10) {
                    RawLinks.create(other, "late");
                }
                return RawLinks.name(message);
            });
            assertThat(names).hasSize(123).contains("late").doesNotHaveDuplicates();
            assertThat(seen.get()).isGreaterThan(123);
        }
    }

    @Test
    void theKernelsWordsAreInTheException() {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket socket = box.open()) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> RawLinks.create(socket, "a/b"))
                    .matches(e -> e.is(Errno.EINVAL))
                    .withMessageStartingWith("newlink: ");
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> RawLinks.create(socket, "much-too-long-a-name"))
                    .withMessageContaining("[attribute ifname, at offset 32")
                    .satisfies(e -> assertThat(e.extendedAck().offset()).hasValue(32));
        }
    }

    /**
     * With room for hardly one reply the kernel throws others away; whoever waits for one of those is told, at once.
     */
    @Test
    void lostRepliesAreErrorsAndTheSocketLivesOn() throws Exception {
        try (RawLinks box = RawLinks.inNewNamespace();
                ExecutorService threads = Executors.newFixedThreadPool(50)) {
            Endpoint endpoint = Endpoint.open(NetlinkProtocol.ROUTE, box.namespace());
            endpoint.receiveQueue(1);
            AtomicInteger lost = new AtomicInteger();
            AtomicInteger answered = new AtomicInteger();
            try (NetlinkSocket socket = new NetlinkSocket(endpoint, NetlinkProtocol.ROUTE)) {
                long start = System.nanoTime();
                for (int round = 0; lost.get() == 0 && round < 200; round++) {
                    List<Callable<Boolean>> askers = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        askers.add(() -> askOnce(socket, lost, answered));
                    }
                    for (Future<Boolean> asked : threads.invokeAll(askers)) {
                        assertThat(asked.get()).isTrue();
                    }
                }
                assertThat(answered).hasPositiveValue();
                assertThat(lost).hasPositiveValue();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
                assertThat(RawLinks.index(socket, "lo")).isEqualTo(1);
                assertThat(RawLinks.names(socket)).containsExactly("lo");
            }
        }
    }

    private static boolean askOnce(NetlinkSocket socket, AtomicInteger lost, AtomicInteger answered) {
        try {
            assertThat(RawLinks.index(socket, "lo")).isEqualTo(1);
            answered.incrementAndGet();
            return true;
        } catch (NetlinkException e) {
            // EAGAIN is the kernel's own word in an ack that did get through, netlink_attachskb in
            // net/netlink/af_netlink.c.
            if (!e.is(Errno.ENOBUFS) && !e.is(Errno.EAGAIN)) {
                throw e;
            }
            lost.incrementAndGet();
            return true;
        }
    }

    @Test
    void messagesOfOtherProcessesAreNotReceived() {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket socket = box.open();
                FileDescriptor stranger = box.namespace()
                        .run(() -> FileDescriptor.owning(
                                LinuxException.check(
                                        Sockets.socket(Libc.AF_NETLINK(), Libc.SOCK_RAW() | Libc.SOCK_CLOEXEC(), 0),
                                        "socket"),
                                "stranger"));
                Arena arena = Arena.ofConfined()) {
            MemorySegment address = sockaddr_nl.allocate(arena);
            sockaddr_nl.nl_family(address, (short) Libc.AF_NETLINK());
            sockaddr_nl.nl_pid(address, socket.port());
            for (int sequence = 1; sequence < 5; sequence++) {
                MemorySegment forged = arena.allocateFrom(
                        java.lang.foreign.ValueLayout.JAVA_BYTE,
                        Wire.message(
                                16, 0, sequence, socket.port(), new byte[16], Wire.attribute(3, Wire.text("evil"))));
                LinuxException.check(
                        Sockets.sendto(
                                stranger.number(), forged, forged.byteSize(), 0, address, (int) sockaddr_nl.sizeof()),
                        "sendto");
            }
            assertThat(RawLinks.name(socket, 1)).isEqualTo("lo");
            assertThat(RawLinks.names(socket)).containsExactly("lo");
        }
    }

    @Test
    void itStaysInTheNamespaceItWasOpenedIn() {
        try (RawLinks box = RawLinks.inNewNamespace();
                NetlinkSocket here = NetlinkSocket.open(NetlinkProtocol.ROUTE);
                NetlinkSocket there = box.open()) {
            RawLinks.create(there, "only-there");
            assertThat(RawLinks.names(there)).contains("only-there");
            assertThat(RawLinks.names(here)).doesNotContain("only-there");
            try (NetlinkSocket after = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
                assertThat(new HashSet<>(RawLinks.names(after))).isEqualTo(new HashSet<>(RawLinks.names(here)));
            }
        }
    }

    @Test
    void closingFromManyThreadsAmidRequestsClosesOnce() throws Exception {
        for (int round = 0; round < 30; round++) {
            NetlinkSocket socket = NetlinkSocket.open(NetlinkProtocol.ROUTE);
            List<CompletableFuture<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(Async.run(() -> askUntilClosed(socket)));
            }
            Thread.sleep(1);
            for (int i = 0; i < 3; i++) {
                all.add(Async.run(socket::close));
            }
            for (CompletableFuture<?> one : all) {
                one.get();
            }
            assertThatThrownBy(() -> RawLinks.name(socket, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("netlink socket (route) is closed");
        }
    }

    private static void askUntilClosed(NetlinkSocket socket) {
        try {
            while (true) {
                assertThat(RawLinks.name(socket, 1)).isEqualTo("lo");
            }
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("closed");
        }
    }
}
