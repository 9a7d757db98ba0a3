package dev.qlease.examples;

import dev.qlease.devmem.*;
import dev.qlease.dmabuf.*;
import dev.qlease.linux.NetworkNamespace;
import java.net.InetSocketAddress;
import java.util.List;

class ReceiveDeviceMemory {
    public static void main(String[] args) {
        try (NetworkNamespace container = NetworkNamespace.named("container")) {
            Device guest = Device.named(container, "nk0");
            try (DmaBuf memory = Udmabuf.pages().allocate(32 << 20);
                    RxBinding binding = guest.bindRx(memory, List.of(1));
                    DevmemServerSocket server = guest.listen(new InetSocketAddress("2001:db8:2::2", 5201));
                    DevmemSocket socket = server.accept();
                    ReceiveBatch batch = ReceiveBatch.allocate()) {
                while (socket.receive(batch) >= 0) {
                    for (int i = 0; i < batch.count(); i++) {
                        System.out.printf(
                                "%d bytes at %d of %s%n",
                                batch.length(i),
                                batch.offset(i),
                                batch.binding(i) == binding.id() ? "the dma-buf" : "ordinary memory");
                    }
                }
            }
        }
    }
}
