package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The file server as curl sees it, from behind the other port of the emulated NIC. */
@Tag("vm")
@Timeout(120)
@ExtendWith(Leaks.class)
class DmaBufFileServerVmTest {
    private static final int SIZE = 2 << 20;
    private static final int LARGE = 1_500_001;

    private static EventLoopGroup group;
    private static DmaBuf dmaBuf;
    private static TxBinding binding;
    private static byte[] bytes;
    private static Channel server;

    @BeforeAll
    static void serve() throws Exception {
        dmaBuf = Udmabuf.pages().allocate(SIZE);
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            binding = TxBinding.bind(
                    NetworkNamespace.ofCaller(), rtnetlink.links().get("qnic0").ifindex(), dmaBuf);
        }
        bytes = new byte[SIZE];
        new Random(6).nextBytes(bytes);
        binding.write(0, MemorySegment.ofArray(bytes));
        DmaBufFileServer files = new DmaBufFileServer(
                binding,
                Map.of(
                        "/large", new DmaBufFileServer.File(0, LARGE),
                        "/small", new DmaBufFileServer.File(LARGE, 10)));
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        server = new ServerBootstrap()
                .group(group)
                .channel(DevmemServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1000), files);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 0))
                .sync()
                .channel();
    }

    @AfterAll
    static void stop() {
        server.close().syncUninterruptibly();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        binding.close();
        dmaBuf.close();
    }

    private static byte[] curl(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("ip", "netns", "exec", "remote", "curl", "-sS", "--max-time", "60"));
        int port = ((InetSocketAddress) server.localAddress()).getPort();
        for (String argument : arguments) {
            command.add(argument.matches("/[a-z]+") ? "http://192.0.2.1:" + port + argument : argument);
        }
        Process curl = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (InputStream out = curl.getInputStream()) {
            byte[] answer = out.readAllBytes();
            assertThat(curl.waitFor()).isZero();
            return answer;
        }
    }

    private static void same(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    }

    @Test
    void aFileIsWhatItIs() throws Exception {
        same(curl("/large"), Arrays.copyOf(bytes, LARGE));
    }

    @Test
    void aRangeIsPartOfIt() throws Exception {
        same(curl("-r", "4097-700000", "/large"), Arrays.copyOfRange(bytes, 4097, 700_001));
        same(curl("-r", "1499000-", "/large"), Arrays.copyOfRange(bytes, 1_499_000, LARGE));
    }

    @Test
    void oneConnectionServesSeveralAndCanBeClosed() throws Exception {
        byte[] both = curl("/small", "/large");
        assertThat(both).hasSize(LARGE + 10).startsWith(Arrays.copyOfRange(bytes, LARGE, LARGE + 10));
        same(Arrays.copyOfRange(both, 10, both.length), Arrays.copyOf(bytes, LARGE));
        same(curl("-H", "Connection: close", "/large"), Arrays.copyOf(bytes, LARGE));
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        assertThat(new String(curl("-o", "/dev/null", "-w", "%{http_code}", "/none")))
                .isEqualTo("404");
        assertThat(new String(curl("-r", "9-3", "-w", "%{http_code}", "/small")))
                .endsWith("416");
        assertThat(new String(curl("-I", "-w", "%{http_code}", "/large"))).endsWith("200");
    }
}
