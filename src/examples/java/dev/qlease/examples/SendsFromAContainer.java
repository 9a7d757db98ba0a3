package dev.qlease.examples;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Device;
import dev.qlease.testcontainers.QueueLeaseExtension;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.testcontainers.containers.GenericContainer;

public class SendsFromAContainer {
    @RegisterExtension
    final QueueLeaseExtension leases = QueueLeaseExtension.ofProperty(); // -Dqlease.nic=eth0

    @Test
    void deviceMemory() throws Exception {
        String send = "/opt/qlease/bin/qlease send --dev nk0 --to [2001:db8:1::2]:5201 /etc/os-release";
        try (GenericContainer<?> container = new GenericContainer<>("localhost/qlease-guest:latest")
                .withNetworkMode("none")
                .withCommand("sleep", "infinity")
                .withCreateContainerCmdModifier(create -> create.getHostConfig()
                        .withBinds(Bind.parse("/usr:/usr:ro"), Bind.parse("/etc:/etc:ro"), Bind.parse("/opt:/opt:ro"))
                        .withDevices(Device.parse("/dev/udmabuf")))) {
            container.start();
            leases.lease(container, "2001:db8:2::2/64");
            Assertions.assertEquals(
                    0, container.execInContainer(send.split(" ")).getExitCode());
        }
    }
}
