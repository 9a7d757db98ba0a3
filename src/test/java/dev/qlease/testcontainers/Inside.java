package dev.qlease.testcontainers;

import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * The program that a test runs in a container without the privilege to bind receive queues. A process outside of the
 * container has bound them to memory that only that process can read; this program receives. It prints the place in
 * that memory of each fragment of the stream, and returns no tokens.
 */
final class Inside {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Inside() {}

    /** Takes an address and a port to listen at, and the device. */
    public static void main(String... arguments) {
        InetSocketAddress at =
                new InetSocketAddress(IpAddress.parse(arguments[0]).toInetAddress(), Integer.parseInt(arguments[1]));
        try (DevmemServerSocket server = DevmemServerSocket.listen(NetworkNamespace.ofCaller(), arguments[2], at);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow();
                ReceiveBatch batch = ReceiveBatch.allocate()) {
            for (long got = socket.receive(batch, PATIENCE); got > 0; got = socket.receive(batch, PATIENCE)) {
                for (int i = 0; i < batch.count(); i++) {
                    if (!batch.isDevice(i)) {
                        throw new IllegalStateException(batch.length(i) + " bytes came by ordinary memory");
                    }
                    System.out.println(batch.binding(i) + " " + batch.offset(i) + " " + batch.length(i));
                    batch.keep(i);
                }
            }
        }
    }
}
