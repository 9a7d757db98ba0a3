package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Code;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Register;
import dev.qlease.bpf.asm.Size;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs on a pair of veth devices, whose traffic they drop, on this machine's kernel. */
@Tag("host")
class AttachmentHostTest {
    private Sandbox here;
    private Sandbox there;
    private int ifindex;
    private Program dropping;
    private DatagramSocket sender;
    private DatagramSocket receiver;
    private int packets;

    @BeforeEach
    void connectTwoNamespaces() throws IOException {
        here = Sandbox.create();
        there = Sandbox.create();
        ifindex = here.rtnl()
                .links()
                .create(LinkSpec.named("left")
                        .veth(LinkSpec.named("right").netns(there.namespace()))
                        .up())
                .ifindex();
        int right = there.rtnl().links().get("right").ifindex();
        there.rtnl().links().up(right);
        here.rtnl().addresses().add(ifindex, IpPrefix.parse("192.0.2.1/24"));
        there.rtnl().addresses().add(right, IpPrefix.parse("192.0.2.2/24"));
        dropping = TestRun.load(ProgramSpec.ofPackets("drop_ipv4", dropIpv4()));
        receiver = here.namespace().run(() -> socket("192.0.2.1"));
        sender = there.namespace().run(() -> socket("192.0.2.2"));
        // The devices pass packets some time after they are up; from then on a packet that does not arrive was dropped.
        assertThat(passes(sender, receiver)).isTrue();
        assertThat(passes(receiver, sender)).isTrue();
    }

    /** Drops IPv4, so that ARP goes on working. */
    private static Code dropIpv4() {
        Label pass = new Label("pass");
        return new Assembler()
                .load(Size.W, Register.R2, Register.R1, 16)
                .alu(Alu.MOV, Register.R0, Uapi.TC_ACT_UNSPEC())
                .toBigEndian(Register.R2, 16)
                .jump(Condition.NE, Register.R2, Uapi.ETH_P_IP(), pass)
                .alu(Alu.MOV, Register.R0, Uapi.TC_ACT_SHOT())
                .bind(pass)
                .exit()
                .assemble();
    }

    private static DatagramSocket socket(String address) {
        try {
            return new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void disconnect() throws Exception {
        for (AutoCloseable made : new AutoCloseable[] {receiver, sender, dropping, there, here}) {
            if (made != null) {
                made.close();
            }
        }
    }

    /** Whether one of {@code attempts} equal packets arrives, each of which has 200 ms for that. */
    private boolean arrives(DatagramSocket from, DatagramSocket to, int attempts) throws IOException {
        byte[] text = Integer.toString(++packets).getBytes(StandardCharsets.US_ASCII);
        to.setSoTimeout(200);
        for (int i = 0; i < attempts; i++) {
            from.send(new DatagramPacket(text, text.length, to.getLocalSocketAddress()));
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            try {
                do {
                    to.receive(packet);
                } while (!Arrays.equals(text, Arrays.copyOf(packet.getData(), packet.getLength())));
                return true;
            } catch (SocketTimeoutException e) {
                continue;
            }
        }
        return false;
    }

    private boolean passes(DatagramSocket from, DatagramSocket to) throws IOException {
        return arrives(from, to, 50);
    }

    private boolean stops(DatagramSocket from, DatagramSocket to) throws IOException {
        return !arrives(from, to, 2);
    }

    private BpfLink link(AttachType type) {
        Assumptions.assumeTrue(BpfLink.supports(AttachType.TCX_INGRESS), "this kernel has no tcx");
        return BpfLink.attach(dropping, type, ifindex, here.namespace());
    }

    private ClsactFilter filter(boolean ingress) {
        try {
            return ClsactFilter.attach(dropping, ingress, ifindex, here.namespace());
        } catch (LinuxException e) {
            Assumptions.assumeFalse(
                    e.is(Errno.ENOENT) || e instanceof UnsupportedException,
                    "this kernel has no clsact or no BPF filters: " + e.getMessage());
            throw e;
        }
    }

    @Test
    void aLinkAtTheIngressSeesWhatComesUntilItIsClosed() throws IOException {
        try (BpfLink link = link(AttachType.TCX_INGRESS)) {
            assertThat(stops(sender, receiver)).isTrue();
            assertThat(passes(receiver, sender)).isTrue();
            BpfLinkInfo info = link.info();
            assertThat(info.type()).isEqualTo(BpfLinkType.TCX).hasToString("tcx");
            assertThat(info.ifindex()).hasValue(ifindex);
            assertThat(info.attachType()).contains(AttachType.TCX_INGRESS);
            assertThat(info.progId()).isEqualTo(dropping.id()).isEqualTo(link.programId());
            assertThat(info.id()).isPositive();
        }
        assertThat(passes(sender, receiver)).isTrue();
    }

    @Test
    void aLinkAtTheEgressSeesWhatIsSent() throws IOException {
        try (BpfLink link = link(AttachType.TCX_EGRESS)) {
            assertThat(link.toString()).startsWith("link of BPF program drop_ipv4");
            assertThat(stops(receiver, sender)).isTrue();
            assertThat(passes(sender, receiver)).isTrue();
        }
    }

    @Test
    void aDetachedLinkIsOfNoDevice() throws IOException {
        try (BpfLink link = link(AttachType.TCX_INGRESS)) {
            link.detach();
            assertThat(passes(sender, receiver)).isTrue();
            assertThat(link.info().ifindex()).isEmpty();
        }
    }

    @Test
    void aLinkOutlivesItsProgramsDescriptorAndNotItsDevice() throws IOException {
        try (BpfLink link = link(AttachType.TCX_INGRESS)) {
            dropping.close();
            assertThat(stops(sender, receiver)).isTrue();
            here.rtnl().links().delete("left");
            assertThat(link.info().ifindex()).isEmpty();
        }
    }

    /** A program that redirects nothing of what comes here. */
    private static Program leaving() {
        GuestPolicy policy = GuestPolicy.of(List.of(IpAddress.parse("198.51.100.1")));
        try (BpfMap counters = DropReason.counters()) {
            return TestRun.load(GuestPrograms.toGuestFromWire(policy, 4711, counters));
        }
    }

    @Test
    void whatALinkedProgramLeavesToTheStackTheNextOneDecides() throws IOException {
        link(AttachType.TCX_INGRESS).close();
        try (Program first = leaving();
                BpfLink _ = BpfLink.attach(first, AttachType.TCX_INGRESS, ifindex, here.namespace())) {
            assertThat(passes(sender, receiver)).isTrue();
            try (BpfLink _ = link(AttachType.TCX_INGRESS)) {
                assertThat(stops(sender, receiver)).isTrue();
            }
        }
    }

    @Test
    void whatAFilterLeavesToTheStackTheNextOneDecides() throws IOException {
        try (ClsactFilter _ = filter(true);
                Program first = leaving();
                ClsactFilter before = ClsactFilter.attach(first, true, ifindex, here.namespace())) {
            assertThat(before.place().qdiscAdded()).isFalse();
            assertThat(stops(sender, receiver)).isTrue();
        }
    }

    @Test
    void aDeviceIsOfTheNamespaceThatIsSaid() {
        link(AttachType.TCX_INGRESS).close();
        assertThatThrownBy(() -> BpfLink.attach(dropping, AttachType.TCX_INGRESS, 4711, here.namespace()))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessageContaining("at tcx_ingress of ifindex 4711: No such device");
    }

    @Test
    void aTypeThatTheKernelLacksIsUnsupported() {
        AttachType future = new AttachType(250);
        assertThat(BpfLink.supports(future)).isFalse();
        assertThatThrownBy(() -> BpfLink.attach(dropping, future, ifindex, here.namespace()))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("this kernel has no BPF links of type 250");
    }

    @Test
    void aFilterSeesOneDirectionUntilItIsClosed() throws IOException {
        try (ClsactFilter filter = filter(true)) {
            assertThat(filter.place().qdiscAdded()).isTrue();
            assertThat(filter.place().priority()).isPositive();
            assertThat(filter.programId()).isEqualTo(dropping.id());
            assertThat(stops(sender, receiver)).isTrue();
            assertThat(passes(receiver, sender)).isTrue();
        }
        assertThat(passes(sender, receiver)).isTrue();
        // A qdisc that was left behind would be found there.
        try (ClsactFilter again = filter(false)) {
            assertThat(again.place().qdiscAdded()).isTrue();
            assertThat(stops(receiver, sender)).isTrue();
        }
    }

    @Test
    void aFilterThatIsKeptCanBeRemovedByItsPlace() throws IOException {
        ClsactPlace place;
        try (ClsactFilter filter = filter(true)) {
            place = filter.keep();
        }
        assertThat(stops(sender, receiver)).isTrue();
        assertThat(ClsactFilter.remove(place, here.namespace())).isTrue();
        assertThat(passes(sender, receiver)).isTrue();
        assertThat(ClsactFilter.remove(place, here.namespace())).isFalse();
    }

    @Test
    void aFilterOfAnotherProgramInItsPlaceStays() throws IOException {
        try (ClsactFilter filter = filter(true)) {
            ClsactPlace own = filter.place();
            ClsactPlace other = new ClsactPlace(
                    own.ifindex(), own.ingress(), own.priority(), own.handle(), own.programId() + 1, true);
            assertThat(ClsactFilter.remove(other, here.namespace())).isFalse();
            assertThat(stops(sender, receiver)).isTrue();
        }
    }

    @Test
    void theQdiscStaysWithTheLastFilter() throws IOException {
        ClsactFilter first = filter(true);
        ClsactFilter second = filter(false);
        assertThat(first.place().qdiscAdded()).isTrue();
        assertThat(second.place().qdiscAdded()).isFalse();
        first.close();
        assertThat(passes(sender, receiver)).isTrue();
        assertThat(stops(receiver, sender)).isTrue();
        second.close();
        first.close();
        assertThat(passes(receiver, sender)).isTrue();
    }

    @Test
    void aFilterWhoseDeviceIsGoneIsNotThere() {
        try (ClsactFilter filter = filter(true)) {
            here.rtnl().links().delete("left");
            assertThat(ClsactFilter.remove(filter.place(), here.namespace())).isFalse();
        }
    }

    @Test
    void anAttachmentIsALinkWhereTheKernelHasThem() throws IOException {
        try (Attachment attachment = Attachment.attach(dropping, AttachType.TCX_INGRESS, ifindex, here.namespace())) {
            assertThat(attachment)
                    .isInstanceOf(BpfLink.supports(AttachType.TCX_INGRESS) ? BpfLink.class : ClsactFilter.class);
            assertThat(attachment.programId()).isEqualTo(dropping.id());
            assertThat(stops(sender, receiver)).isTrue();
        }
        assertThat(passes(sender, receiver)).isTrue();
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Test
    void aPinnedLinkStaysUntilItsFileIsGone(@TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(
                run("mount", "-t", "bpf", "bpf", directory.toString()) == 0,
                "mounting a BPF file system takes CAP_SYS_ADMIN and a kernel that has it");
        try {
            Path file = directory.resolve("link");
            try (BpfLink link = link(AttachType.TCX_INGRESS)) {
                link.pin(file);
                assertThatThrownBy(() -> link.pin(file))
                        .isInstanceOfSatisfying(
                                LinuxException.class,
                                e -> assertThat(e.is(Errno.EEXIST)).isTrue());
                assertThatThrownBy(() -> link.pin(directory.resolve("a.b")))
                        .hasMessageContaining("names in the BPF file system cannot contain a dot");
            }
            assertThat(stops(sender, receiver)).isTrue();
            try (BpfLink again = BpfLink.openPinned(file)) {
                assertThat(again.info().ifindex()).hasValue(ifindex);
            }
            assertThat(stops(sender, receiver)).isTrue();
            Files.delete(file);
            assertThat(passes(sender, receiver)).isTrue();
            assertThatThrownBy(() -> BpfLink.openPinned(file))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.is(Errno.ENOENT)).isTrue());
            BpfObject.pin(dropping.descriptor(), file);
            assertThatThrownBy(() -> BpfLink.openPinned(file))
                    .isInstanceOf(BpfFileException.class)
                    .hasMessage(file + " holds a BPF program and not a link");
        } finally {
            assertThat(run("umount", directory.toString())).isZero();
        }
    }

    @Test
    void whereNoBpfFileSystemIsTheErrorSaysHowToMountOne(@TempDir Path directory) {
        try (BpfLink link = link(AttachType.TCX_INGRESS)) {
            assertThatThrownBy(() -> link.pin(directory.resolve("link")))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("mount -t bpf bpf /sys/fs/bpf");
        }
    }
}
