/**
 * Leases NIC receive queues to containers through netkit, binds device memory to them and moves it as TCP, by talking to
 * the Linux kernel itself.
 *
 * <p>{@code dev.qlease.linux} is exported because its types stand in the signatures of all the others: errors,
 * descriptors, namespaces. The system calls below it are not.
 */
module dev.qlease {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires com.fasterxml.jackson.core;
    requires static transitive io.netty.buffer;
    requires static transitive io.netty.common;
    requires static transitive io.netty.transport;
    requires static transitive io.netty.transport.classes.epoll;
    requires static io.netty.transport.unix.common;
    requires static info.picocli;

    exports dev.qlease.bpf;
    exports dev.qlease.devmem;
    exports dev.qlease.dmabuf;
    exports dev.qlease.cli.log to
            org.slf4j;
    exports dev.qlease.ethtool;
    exports dev.qlease.lease;
    exports dev.qlease.linux;
    exports dev.qlease.netdev;
    exports dev.qlease.netlink;
    exports dev.qlease.netty;
    exports dev.qlease.rtnetlink;
}
