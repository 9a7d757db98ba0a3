package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Device memory at both ends of the wire: one guest has a queue of one port, another one of the other. */
@Tag("vm")
@Timeout(300)
class LeaseToLeaseVmTest {
    private static final IpPrefix RECEIVER = IpPrefix.parse("198.19.0.2/24");
    private static final RouteSpec TO_RECEIVER =
            RouteSpec.to(RECEIVER.network()).via(IpAddress.parse(Guest.REMOTE4));
    private static final int PORT = 5310;

    @BeforeAll
    static void prepare() {
        Child.prepare();
    }

    @ParameterizedTest(name = "in user namespaces of their own: {0}")
    @ValueSource(booleans = {false, true})
    void aFileGoesFromOneGuestToAnother(boolean ownUsers, @TempDir Path directory) throws Exception {
        byte[] bytes = Guest.random(3_000_001);
        Path file = Files.write(directory.resolve("file"), bytes);
        Path copy = directory.resolve("copy");
        try (Guest routes = Guest.create();
                NetworkNamespace remote = NetworkNamespace.named("remote");
                Rtnetlink host = Rtnetlink.open();
                Leases here = Leases.open();
                Leases there = Leases.open(remote);
                Holder sender = Holder.create(ownUsers);
                Holder receiver = Holder.create(ownUsers);
                NetworkNamespace from = sender.netns();
                NetworkNamespace to = receiver.netns()) {
            assertThat(routes.netns()).as("what keeps the remote host's routes").isNotNull();
            host.routes().replace(TO_RECEIVER);
            try (Lease sending = here.create(
                            LeaseSpec.of("qnic0", from).address(Guest.ADDRESS4).build());
                    Lease receiving = there.create(
                            LeaseSpec.of("qnic1", to).address(RECEIVER).build())) {
                carry(sender, sending, file, receiver, receiving, copy);
            } finally {
                host.routes().delete(TO_RECEIVER);
            }
        }
        assertThat(Guest.sha256().digest(Files.readAllBytes(copy)))
                .isEqualTo(Guest.sha256().digest(bytes));
    }

    private static void carry(Holder sender, Lease sending, Path file, Holder receiver, Lease receiving, Path copy)
            throws Exception {
        String at = RECEIVER.address() + ":" + PORT;
        try (Child receive = Child.qlease(
                receiver.entering(),
                "receive",
                "--dev",
                receiving.info().guest(),
                "--listen",
                at,
                "--memory",
                "udmabuf",
                "--out",
                copy.toString(),
                "--json")) {
            Nic.await(
                    "it listens",
                    () -> receiver.listens(PORT) || !receive.process().isAlive());
            try (Child send = Child.qlease(
                    sender.entering(),
                    "send",
                    "--dev",
                    sending.info().guest(),
                    "--to",
                    at,
                    "--json",
                    file.toString())) {
                assertThat(send.all()).contains("\"bytes\":3000001", "\"copied\":0");
                assertThat(send.process().waitFor()).isZero();
            }
            assertThat(receive.all()).contains("\"dmabuf-bytes\":3000001,\"linear-bytes\":0");
            assertThat(receive.process().waitFor()).isZero();
        }
    }
}
