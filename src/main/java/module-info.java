/**
 * Leases NIC receive queues to containers through netkit, binds device memory to them and moves it as TCP, by talking
 * to the Linux kernel itself.
 *
 * {@snippet :
 * LeaseSpec spec = LeaseSpec.of("eth0", container).address(IpPrefix.parse("2001:db8:2::2/64")).build();
 * try (Leases leases = Leases.open();
 *         Lease lease = leases.create(spec);
 *         DmaBuf memory = Udmabuf.pages().allocate(4 << 20);
 *         TxBinding binding = lease.device().bindTx(memory)) {
 *     System.out.println(binding.id());
 * }
 * }
 *
 * <p>{@code dev.qlease.linux} is exported because its types stand in the signatures of all the others: errors,
 * descriptors, namespaces. The system calls below it are not.
 */
module dev.qlease {
    requires static transitive org.jspecify;
    requires com.fasterxml.jackson.core;
    // Signals; Java has no other interface to them.
    requires jdk.unsupported;
    requires static transitive io.netty.buffer;
    requires static transitive io.netty.common;
    requires static transitive io.netty.transport;
    requires static transitive io.netty.transport.classes.epoll;
    requires static io.netty.transport.unix.common;
    requires static info.picocli;
    requires static io.prometheus.metrics.config;
    requires static io.prometheus.metrics.model;
    requires static io.prometheus.writer.text;
    requires static jdk.httpserver;
    requires static org.jline.terminal;
    requires static org.snakeyaml.engine;
    requires static com.google.common;
    requires static com.google.protobuf;
    requires static kubernetes.client.api;
    requires static kubernetes.model.common;
    requires static kubernetes.model.core;
    requires static kubernetes.model.events;
    requires static kubernetes.model.resource;
    requires static io.grpc;
    requires static io.grpc.netty;
    requires static io.grpc.protobuf;
    requires static io.grpc.stub;
    // By the name of its jar; it has no other.
    requires static transitive testcontainers;
    requires static com.github.dockerjava.api;
    requires static transitive org.junit.jupiter.api;

    exports dev.qlease.bpf;
    exports dev.qlease.devmem;
    exports dev.qlease.dmabuf;
    exports dev.qlease.ethtool;
    exports dev.qlease.lease;
    exports dev.qlease.linux;
    exports dev.qlease.net;
    exports dev.qlease.netdev;
    exports dev.qlease.netlink;
    exports dev.qlease.netty;
    exports dev.qlease.node;
    exports dev.qlease.rtnetlink;
    exports dev.qlease.testcontainers;
}
