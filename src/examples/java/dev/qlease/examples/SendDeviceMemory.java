package dev.qlease.examples;

import dev.qlease.devmem.*;
import dev.qlease.dmabuf.*;
import dev.qlease.lease.*;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;

class SendDeviceMemory {
    public static void main(String[] args) throws IOException {
        IpPrefix address = IpPrefix.parse("2001:db8:2::2/64");
        try (NetworkNamespace container = NetworkNamespace.named("container");
                Leases leases = Leases.open();
                Lease lease = leases.create(
                        LeaseSpec.of("eth0", container).address(address).build());
                DmaBuf memory = Udmabuf.pages().allocate(4 << 20);
                FileChannel file = FileChannel.open(Path.of(args[0]))) {
            Device guest = lease.device();
            try (TxBinding binding = guest.bindTx(memory);
                    DevmemSocket socket = guest.connect(binding, new InetSocketAddress("2001:db8:1::2", 5201))) {
                DevmemOutput output = DevmemOutput.over(socket, 256 << 10);
                output.transferFrom(file);
                System.out.println(output.finish(Duration.ofSeconds(30)) ? "completed" : "stalled");
            }
        }
    }
}
