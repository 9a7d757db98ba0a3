package dev.qlease.containers;

import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.Received;
import dev.qlease.netlink.IpAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What a test runs in a container that may not bind receive queues: somebody outside has bound them to memory that only he
 * sees, and this one receives. It prints where in that memory each piece of the stream has landed, and gives none back.
 */
final class Inside {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Inside() {}

    /** Takes an address and a port to listen at, and the device. */
    public static void main(String... arguments) {
        InetSocketAddress at =
                new InetSocketAddress(IpAddress.parse(arguments[0]).toInetAddress(), Integer.parseInt(arguments[1]));
        try (DevmemServerSocket server = DevmemServerSocket.listen(null, arguments[2], at);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow();
                Received batch = Received.allocate()) {
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
