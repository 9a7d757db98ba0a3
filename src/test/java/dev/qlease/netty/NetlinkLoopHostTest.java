package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.LinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import io.netty.channel.IoEventLoop;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Netlink on an event loop. */
@Tag("host")
@Timeout(30)
class NetlinkLoopHostTest {
    private static final AttributeSet.Builder TABLE = AttributeSet.table("link");
    private static final Text IFNAME = TABLE.text(3, "ifname");
    private static final AttributeSet LINK = TABLE.build();
    private static final Operation GET = Operation.plain(18, "getlink", 16, LINK);
    private static final Operation DELETE = Operation.plain(17, "dellink", 16, LINK);

    private Loopback loopback;
    private IoEventLoop loop;

    @BeforeEach
    void begin() {
        loopback = Loopback.create();
        loop = (IoEventLoop) loopback.group().next();
    }

    @AfterEach
    void end() {
        loopback.close();
    }

    private static String name(NetlinkMessage message) {
        return message.attributes(LINK, 16).get(IFNAME);
    }

    private NetlinkRequests requests(NetlinkSocket socket) throws Exception {
        return NetlinkRequests.register(loop, socket).get(10, TimeUnit.SECONDS);
    }

    private NetlinkSocket open() {
        return NetlinkSocket.open(NetlinkProtocol.ROUTE, loopback.namespace());
    }

    @Test
    void notificationsComeOnTheLoop() throws Exception {
        BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
        NotificationSocket<RtnetlinkEvent> socket =
                RtnetlinkMonitor.open(loopback.namespace(), 0, EnumSet.of(RtnetlinkMonitor.Group.LINK));
        try (NetlinkNotifications notifications = NetlinkNotifications.register(loop, socket, notification -> {
                    heard.add(loop.inEventLoop());
                    heard.add(notification);
                    throw new IllegalStateException("a listener that fails hears the next one all the same");
                })
                .get(10, TimeUnit.SECONDS)) {
            assertThat(notifications).isNotNull();
            loopback.veth("veth0", "veth1");
            String names = "";
            while (!names.contains("veth0") || !names.contains("veth1")) {
                assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(true);
                @SuppressWarnings("unchecked")
                Notification<RtnetlinkEvent> next = (Notification<RtnetlinkEvent>) heard.poll(10, TimeUnit.SECONDS);
                if (next instanceof Notification.Event<RtnetlinkEvent>(LinkEvent event)) {
                    names += event.link().ifname() + " ";
                }
            }
        }
        loop.submit(() -> {}).sync();
        assertThat(socket.isOpen()).isFalse();
    }

    @Test
    void requestsAreAnsweredOnTheLoop() throws Exception {
        NetlinkSocket socket = open();
        try (NetlinkRequests requests = requests(socket)) {
            CompletableFuture<String> answer =
                    requests.get(socket.request(GET).put(IFNAME, "lo"), NetlinkLoopHostTest::name);
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("lo");
            CompletableFuture<Boolean> where =
                    requests.get(socket.request(GET).put(IFNAME, "lo"), message -> loop.inEventLoop());
            assertThat(where.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aRequestCanFollowFromAnAnswer() throws Exception {
        loopback.veth("veth0", "veth1");
        NetlinkSocket socket = open();
        try (NetlinkRequests requests = requests(socket)) {
            List<String> left = requests.dump(socket.request(GET), NetlinkLoopHostTest::name)
                    .thenCompose(names -> {
                        assertThat(names).contains("lo", "veth0", "veth1");
                        return requests.execute(socket.request(DELETE).put(IFNAME, "veth0"));
                    })
                    .thenCompose(done -> requests.dump(socket.request(GET), NetlinkLoopHostTest::name))
                    .get(10, TimeUnit.SECONDS);
            assertThat(left).doesNotContain("veth0", "veth1");
        }
    }

    @Test
    void dumpsTakeTurns() throws Exception {
        NetlinkSocket socket = open();
        try (NetlinkRequests requests = requests(socket)) {
            List<CompletableFuture<List<String>>> dumps = java.util.stream.IntStream.range(0, 20)
                    .mapToObj(i -> requests.dump(socket.request(GET), NetlinkLoopHostTest::name))
                    .toList();
            for (CompletableFuture<List<String>> dump : dumps) {
                assertThat(dump.get(10, TimeUnit.SECONDS)).contains("lo");
            }
        }
    }

    @Test
    void refusalsAreTheKernelsOwnWords() throws Exception {
        NetlinkSocket socket = open();
        try (NetlinkRequests requests = requests(socket)) {
            assertThatThrownBy(() -> requests.execute(socket.request(DELETE).put(IFNAME, "none"))
                            .get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            NetlinkException.class,
                            refusal -> assertThat(refusal.is(Errno.ENODEV)).isTrue());
            Request sent = socket.request(GET).put(IFNAME, "lo");
            requests.get(sent, NetlinkLoopHostTest::name).get(10, TimeUnit.SECONDS);
            assertThatThrownBy(
                            () -> requests.get(sent, NetlinkLoopHostTest::name).get(10, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void closingFailsWhatIsAskedAfterwards() throws Exception {
        NetlinkSocket socket = open();
        NetlinkRequests requests = requests(socket);
        requests.close();
        loop.submit(() -> {}).sync();
        assertThatThrownBy(() -> requests.get(socket.request(GET).put(IFNAME, "lo"), NetlinkLoopHostTest::name)
                        .get(10, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasRootCauseMessage("netlink socket (route) is closed");
    }
}
