package dev.qlease.examples;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.NetdevFeature;
import dev.qlease.netdev.Queue;

class Queues {
    public static void main(String[] args) {
        try (NetworkNamespace namespace = NetworkNamespace.current();
                Netdev netdev = Netdev.open(namespace)) {
            for (Queue queue : netdev.queues()) {
                System.out.printf("ifindex %d %s-%d%n", queue.ifindex(), queue.type(), queue.id());
                queue.lease().ifPresent(lease -> System.out.println("  leased: " + lease));
            }
            System.out.println("queues can be leased here: " + netdev.has(NetdevFeature.QUEUE_LEASE));
        }
    }
}
