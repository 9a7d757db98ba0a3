package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.qlease.bpf.AttachType;
import dev.qlease.bpf.BpfLink;
import dev.qlease.bpf.Program;
import dev.qlease.bpf.ProgramSpec;
import dev.qlease.bpf.Redirects;
import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.Received;
import dev.qlease.devmem.RxBinding;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.dmabuf.DmaHeap;
import dev.qlease.dmabuf.DrmDumbBuffer;
import dev.qlease.dmabuf.GpuMemory;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FeaturesChange;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NeighbourSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.Writer;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The part of training that is about what changes something: it asks for that of a device which is not there, so that the
 * kernel refuses all of it. What is made on the way, such as a dma-buf, goes again at once.
 */
final class Rehearsal {
    /** No device has this number. */
    private static final int MISSING = Integer.MAX_VALUE;

    /** Nor this name; it has as many letters as a name can have. */
    private static final String MISSING_NAME = "qlease-no-devic";

    /** Nor is there such a library: what a GPU's allocates is not to be had for a rehearsal. */
    private static final String MISSING_LIBRARY = "libqlease-nothing.so";

    private static final String LOOPBACK = "lo";
    private static final String OWN_NETNS = "/proc/self/ns/net";

    /** Of RFC 2544 and RFC 3849: nobody's. */
    private static final List<String> ADDRESSES = List.of("198.18.0.2/32", "2001:db8::2/128");

    private static final int DEVICES = 2;
    private static final int QUEUE = 1;
    private static final long DMA_BUF_SIZE = 4096;

    /** Whose classes need a lease, a connection or memory to get that far. */
    private static final List<String> PACKAGES = List.of(
            "dev/qlease/lease/",
            "dev/qlease/devmem/",
            "dev/qlease/dmabuf/",
            "dev/qlease/cli/Send",
            "dev/qlease/ethtool/Flow",
            "dev/qlease/ffi/libc/linger",
            "dev/qlease/ffi/uapi/sock_e",
            "dev/qlease/linux/sys/",
            "dev/qlease/netlink/Notification",
            "dev/qlease/rtnetlink/RtnetlinkMonitor");

    /** What the kernel, or this machine, refuses. */
    private interface Attempt {
        void make() throws IOException;
    }

    private Rehearsal() {}

    /** Asks for all of it. */
    static void run() {
        attempt(Rehearsal::loadClasses);
        attempt(Rehearsal::plan);
        attempt(Rehearsal::show);
        attempt(Rehearsal::state);
        attempt(Rehearsal::links);
        attempt(Rehearsal::queue);
        attempt(Rehearsal::nic);
        attempt(() -> programs(Redirects.toGuest(addresses(), MISSING), AttachType.TCX_INGRESS));
        attempt(() -> programs(Redirects.toNic(MISSING, addresses()), AttachType.NETKIT_PEER));
        attempt(() -> memory(dmaBuf -> TxBinding.bind(null, MISSING, dmaBuf)));
        attempt(() -> memory(dmaBuf -> RxBinding.bind(null, MISSING, dmaBuf, List.of(QUEUE))));
        attempt(Rehearsal::receive);
    }

    private static void attempt(Attempt attempt) {
        try {
            attempt.make();
        } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
            // As expected; nobody is there to be told.
            return;
        }
    }

    private static List<IpAddress> addresses() {
        return ADDRESSES.stream().map(text -> IpPrefix.parse(text).address()).toList();
    }

    /**
     * Has classes loaded that nothing here gets to: a cache links what was loaded. Not those of all packages, since every
     * command loads those of the cache at its start.
     */
    private static void loadClasses() throws IOException {
        Module module = Rehearsal.class.getModule();
        ResolvedModule resolved =
                module.getLayer().configuration().findModule(module.getName()).orElseThrow();
        try (ModuleReader reader = resolved.reference().open();
                Stream<String> names = reader.list()) {
            names.filter(name -> PACKAGES.stream().anyMatch(name::startsWith))
                    .filter(name -> name.endsWith(".class"))
                    .forEach(name -> Class.forName(
                            module,
                            name.substring(0, name.length() - ".class".length()).replace('/', '.')));
        }
    }

    /** Plans leases of the machine's own devices. */
    private static void plan() {
        List<String> devices;
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            devices = rtnetlink.links().list().stream()
                    .filter(link -> link.isUp() && !link.ifname().equals(LOOPBACK))
                    .map(Link::ifname)
                    .limit(DEVICES)
                    .toList();
        }
        for (String device : devices) {
            for (String redirect : List.of("bpf", "forward")) {
                List<String> create = List.of(
                        "lease", "create", "--dry-run", "--nic", device, "--netns", OWN_NETNS, "--redirect", redirect);
                command(create);
                List<String> addressed = new ArrayList<>(create);
                ADDRESSES.forEach(address -> addressed.addAll(List.of("--address", address)));
                addressed.add("--json");
                command(addressed);
            }
        }
    }

    private static void command(List<String> commandLine) {
        Main.run(OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), commandLine.toArray(String[]::new));
    }

    private static void show() throws IOException {
        LeaseInfo info = new LeaseInfo(
                MISSING_NAME,
                LeaseInfo.Status.READY,
                MISSING_NAME,
                MISSING,
                OWN_NETNS,
                0,
                MISSING_NAME,
                MISSING,
                List.of(new LeasedQueue(QUEUE, QUEUE)),
                ADDRESSES,
                Redirect.BPF,
                NetkitMode.L2.text(),
                Instant.now());
        for (boolean asJson : new boolean[] {false, true}) {
            LeaseOutput output = new LeaseOutput(
                    new Output(OutputStream.nullOutputStream(), OutputStream.nullOutputStream()), asJson);
            output.made(info);
            output.lease(info);
            output.leases(List.of(info));
            output.deleted(info);
        }
    }

    /** Writes as leases are kept. */
    private static void state() throws IOException {
        Writer text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            json.writeStartObject();
            json.writeArrayFieldStart(MISSING_NAME);
            json.writeStartObject();
            json.writeNumberField(MISSING_NAME, (long) MISSING);
            json.writeStringField(OWN_NETNS, OWN_NETNS);
            json.writeBooleanField(LOOPBACK, true);
            json.writeEndObject();
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void links() {
        try (Rtnetlink rtnetlink = Rtnetlink.open();
                NetworkNamespace here = NetworkNamespace.current()) {
            links(rtnetlink, here);
        }
    }

    private static void links(Rtnetlink rtnetlink, NetworkNamespace here) {
        // There is a device of this name in every namespace.
        LinkSpec guest =
                LinkSpec.named(LOOPBACK).netns(here).mtu(1500).numRxQueues(2).numTxQueues(1);
        attempt(() -> rtnetlink
                .links()
                .create(LinkSpec.named(LOOPBACK)
                        .mtu(1500)
                        .numRxQueues(1)
                        .numTxQueues(1)
                        .netkit(NetkitSpec.pair(guest).mode(NetkitMode.L2))
                        .up()));
        attempt(() -> rtnetlink.links().up(MISSING));
        attempt(() -> rtnetlink.links().delete(MISSING));
        attempt(() -> rtnetlink.namespaceIds().find(here));
        attempt(() -> rtnetlink.addresses().list());
        for (String text : ADDRESSES) {
            IpPrefix prefix = IpPrefix.parse(text);
            attempt(() -> rtnetlink
                    .addresses()
                    .add(MISSING, AddressSpec.of(prefix).noprefixroute().nodad()));
            attempt(() -> rtnetlink
                    .neighbours()
                    .replace(NeighbourSpec.permanent(
                            MISSING, prefix.address(), HardwareAddress.parse("02:00:00:00:00:01"))));
            attempt(() -> rtnetlink
                    .routes()
                    .add(RouteSpec.to(prefix).oif(MISSING).via(prefix.address()).onlink()));
            attempt(() -> rtnetlink.routes().add(RouteSpec.to(prefix).oif(MISSING)));
        }
    }

    private static void queue() {
        try (Netdev netdev = Netdev.open()) {
            netdev.createQueue(MISSING, new Lease(MISSING, QueueId.rx(QUEUE), OptionalInt.of(0)));
        }
    }

    private static void nic() {
        try (Ethtool ethtool = Ethtool.open()) {
            nic(ethtool);
        }
    }

    private static void nic(Ethtool ethtool) {
        attempt(() -> ethtool.setRings(
                MISSING, RingsChange.NONE.tcpDataSplit(TcpDataSplit.ENABLED).hdsThresh(0)));
        attempt(() -> ethtool.setFeatures(MISSING, FeaturesChange.NONE.on(Features.NTUPLE)));
        attempt(() -> ethtool.setRss(MISSING, RssChange.NONE.indir(List.of(0))));
        attempt(() -> ethtool.flowRules(MISSING_NAME));
        for (String text : ADDRESSES) {
            IpAddress address = IpPrefix.parse(text).address();
            FlowMatch match = (address.isIpv6() ? FlowMatch.tcp6() : FlowMatch.tcp4()).destination(address);
            attempt(() -> ethtool.addFlowRule(MISSING_NAME, FlowRule.of(match, FlowAction.queue(QUEUE))));
        }
    }

    private static void programs(ProgramSpec spec, AttachType type) {
        try (Program program = Program.load(spec);
                BpfLink link = BpfLink.attach(program, type, MISSING, null)) {
            throw new IllegalStateException("the kernel attached " + link + " to no device");
        }
    }

    private static <T extends AutoCloseable> void memory(Function<DmaBuf, T> binding) {
        DmaBufChoice<T> choice = DmaBufChoice.first(
                List.of(GpuMemory.cuda(MISSING_LIBRARY), new DrmDumbBuffer(), new DmaHeap(), Udmabuf.pages()),
                DMA_BUF_SIZE,
                binding);
        throw new IllegalStateException("the kernel bound " + choice + " to no device");
    }

    /** Receives over the loopback device, which brings everything but device memory. */
    private static void receive() throws IOException {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (DevmemServerSocket server = DevmemServerSocket.listen(null, null, anyPort);
                DevmemSocket peer = DevmemSocket.connect(null, null, server.address(), Duration.ofSeconds(1));
                DevmemSocket socket = server.accept();
                Received received = Received.allocate()) {
            peer.shutdownOutput();
            if (socket.receive(received) >= 0) {
                throw new IllegalStateException("loopback brought " + received);
            }
        }
        Pattern pattern = new Pattern(Pattern.LONGEST);
        ByteBuffer bytes = ByteBuffer.allocate(Pattern.LONGEST);
        pattern.source(bytes.capacity()).read(bytes);
        pattern.check(null).write(bytes.flip());
    }
}
