package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Port qnic0 and a dma-buf for it, and an ordinary sender's namespace behind the other port; closing puts all back. */
final class ReceiveSetup implements AutoCloseable {
    static final String V4 = "192.0.2.1";
    static final String V6 = "2001:db8:1::1";

    /** Bytes of the dma-buf. */
    static final int SIZE = 8 << 20;

    private static final Path SENDERS_FAULTS = Path.of("/sys/kernel/debug/qnic/qnic.1");
    private static final List<String> FAULTS = List.of("drop_every", "reorder_every", "duplicate_every");

    private final NetworkNamespace remote = NetworkNamespace.named("remote");
    private final ReceiveNic nic;
    private final DmaBuf dmaBuf = Udmabuf.pages().allocate(SIZE);

    ReceiveSetup() throws IOException {
        nic = ReceiveNic.prepare();
    }

    NetworkNamespace remote() {
        return remote;
    }

    ReceiveNic nic() {
        return nic;
    }

    DmaBuf dmaBuf() {
        return dmaBuf;
    }

    /** Has the NIC that sends do something to every so many-th frame; 0 for none. */
    static void fault(String name, int every) throws IOException {
        Files.writeString(SENDERS_FAULTS.resolve(name), Integer.toString(every));
    }

    RxBinding bind() {
        return RxBinding.bind(NetworkNamespace.ofCaller(), nic.ifindex(), dmaBuf, List.of(ReceiveNic.QUEUE));
    }

    /** Listens where flows are steered to the bound queue. */
    DevmemServerSocket listen(String address) {
        DevmemServerSocket server = DevmemServerSocket.listen(
                NetworkNamespace.ofCaller(), "qnic0", new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        nic.steer(server.address(), ReceiveNic.QUEUE);
        return server;
    }

    SocketChannel connect(DevmemServerSocket server) throws IOException {
        return ReceivePeer.connect(remote, server.address());
    }

    @Override
    public void close() throws IOException {
        for (String fault : FAULTS) {
            fault(fault, 0);
        }
        dmaBuf.close();
        nic.close();
        remote.close();
    }
}
