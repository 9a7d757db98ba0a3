package dev.qlease.bench;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.devmem.ReceiveCounts;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Receives as rx_receive.c does, with qlease.
 *
 * <p>{@code DEVICE QUEUE ADDRESS PORT BYTES WARMUPS WINDOWS}: for each of WINDOWS, prints what rx_receive.c does, and
 * the bytes allocated; WARMUPS windows before them let Java compile what is measured.
 */
public final class ReceiveBenchmark {
    private static final int DMABUF_SIZE = 32 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private ReceiveBenchmark() {}

    /**
     * Runs the benchmark.
     *
     * @param args as described above
     */
    public static void main(String[] args) throws Exception {
        InetSocketAddress peer = new InetSocketAddress(InetAddress.ofLiteral(args[2]), Integer.parseInt(args[3]));
        long bytes = Long.parseLong(args[4]);
        int warmups = Integer.parseInt(args[5]);
        int windows = Integer.parseInt(args[6]);
        int ifindex;
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            ifindex = rtnetlink.links().get(args[0]).ifindex();
        }
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(DMABUF_SIZE);
                RxBinding _ = RxBinding.bind(
                        NetworkNamespace.ofCaller(), ifindex, dmaBuf, List.of(Integer.valueOf(args[1])));
                ReceiveBatch received = ReceiveBatch.allocate()) {
            for (int i = -warmups; i < windows; i++) {
                if (i == 0) {
                    Meter.awaitCompiler();
                }
                try (DevmemSocket socket = DevmemSocket.connect(NetworkNamespace.ofCaller(), args[0], peer, PATIENCE)) {
                    receive(socket, received, bytes / 4);
                    if (i < 0) {
                        receive(socket, received, bytes);
                    } else {
                        measure(socket, received, bytes);
                    }
                    socket.release(received);
                }
            }
        }
    }

    private static void receive(DevmemSocket socket, ReceiveBatch received, long bytes) {
        long more;
        for (long left = bytes; left > 0; left -= more) {
            more = socket.receive(received);
            if (more < 0) {
                throw new IllegalStateException("the source has ended");
            }
        }
    }

    private static void measure(DevmemSocket socket, ReceiveBatch received, long bytes) {
        long thread = Thread.currentThread().threadId();
        ReceiveCounts before = socket.received();
        long cpu = Meter.processorTime();
        long start = System.nanoTime();
        long allocated = Meter.allocated(thread);
        receive(socket, received, bytes);
        allocated = Meter.allocated(thread) - allocated;
        long wall = System.nanoTime() - start;
        cpu = Meter.processorTime() - cpu;
        ReceiveCounts after = socket.received();
        System.out.printf(
                "%d %d %d %d %d %d %d%n",
                wall,
                cpu,
                after.receives() - before.receives(),
                after.fragments() - before.fragments(),
                after.releases() - before.releases(),
                after.linearBytes() - before.linearBytes(),
                allocated);
    }
}
