package dev.qlease.cli.ncdevmem;

import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.DevmemInput;
import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Link;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code qlease ncdevmem}, which replaces the program that the kernel's device-memory selftests run,
 * tools/testing/selftests/drivers/net/hw/ncdevmem.c. This class receives and tests devices.
 */
public final class Ncdevmem {
    /** Enough for full rings of several queues; not more, since zeroing, pinning and mapping it delays listening. */
    private static final long BYTES = Math.max(32 << 20, 1024 * Memory.pageSize());

    /** Enough in pieces larger than a page. */
    private static final long BYTES_OF_LARGE_PIECES = 64 << 20;

    private static final String STRAY = ": flow rules do not steer the connection to the bound queues";
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final NcdevmemRequest request;
    private final Link link;
    private final Output output;

    private Ncdevmem(NcdevmemRequest request, Link link, Output output) {
        this.request = request;
        this.link = link;
        this.output = output;
    }

    /** Runs {@code qlease ncdevmem}. */
    public static void run(List<String> args, Output output) throws IOException {
        NcdevmemRequest request = NcdevmemRequest.parse(args);
        if (request.help()) {
            output.print(CommandLines.help(Command.NCDEVMEM));
            output.flush();
            return;
        }
        try (Target target = Target.open(null, request.ifname())) {
            Link link = target.link().orElseThrow();
            if (request.server().isPresent() && !request.listen()) {
                NcdevmemSender.run(request, link, output);
                return;
            }
            Ncdevmem ncdevmem = new Ncdevmem(request, link, output);
            try (PuttingBack puttingBack = PuttingBack.begin(output)) {
                NcdevmemNic nic = new NcdevmemNic(target.ethtool(), link, puttingBack);
                if (request.server().isPresent()) {
                    ncdevmem.receive(request.server().get(), nic, puttingBack);
                } else {
                    ncdevmem.tryOut(nic, puttingBack);
                }
            }
        }
    }

    private DmaBuf allocate() {
        return request.largePieces()
                ? Udmabuf.hugePages().allocate(BYTES_OF_LARGE_PIECES)
                : Udmabuf.pages().allocate(BYTES);
    }

    private static List<Integer> queues(NcdevmemRequest.Range range) {
        return IntStream.range(range.first(), range.first() + range.count())
                .boxed()
                .toList();
    }

    private int atLeastTwoQueues(NcdevmemNic nic) {
        int queues = nic.receiveQueues();
        if (queues < 2) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " has " + queues + " receive queue, but needs another one for other traffic");
        }
        return queues;
    }

    /** Tests what a device must support, and what it must refuse. */
    private void tryOut(NcdevmemNic nic, PuttingBack puttingBack) throws IOException {
        NcdevmemRequest.Range range = request.queues().orElseGet(() -> {
            int half = atLeastTwoQueues(nic) / 2;
            return new NcdevmemRequest.Range(half, half);
        });
        try (DmaBuf memory = allocate()) {
            nic.spreadBelow(range.first());
            nic.splitHeaders();
            refused("a binding to no queues", () -> bindUnchecked(memory, List.of()));
            nic.leaveHeadersToDriver();
            refused("a binding without header split", () -> bindUnchecked(memory, queues(range)));
            nic.splitHeaders();
            RxBinding binding =
                    Device.of(NetworkNamespace.ofCaller(), link).bindRx(memory, queues(range), request.rxPageSize());
            puttingBack.add("the binding", binding::close);
            refused("removing bound queues", () -> nic.takeQueuesAway(range.count()));
        }
        output.note(link.ifname() + " can receive device memory on queues " + queues(range));
    }

    /** Bypasses the library's own check, which would refuse it before the kernel does. */
    private void bindUnchecked(DmaBuf memory, List<Integer> queues) {
        DmaBufBinding.rx(
                        NetworkNamespace.ofCaller(),
                        link.ifindex(),
                        memory.descriptor(),
                        queues.stream().map(QueueId::rx).toList(),
                        request.rxPageSize())
                .close();
    }

    private void refused(String what, Runnable attempt) {
        try {
            attempt.run();
        } catch (LinuxException e) {
            return;
        }
        throw new CommandException(ExitCode.FAILED, link.ifname() + " allowed " + what + ", which it must refuse");
    }

    private void receive(IpAddress server, NcdevmemNic nic, PuttingBack puttingBack) throws IOException {
        NcdevmemRequest.Range range =
                request.queues().orElseGet(() -> new NcdevmemRequest.Range(atLeastTwoQueues(nic) - 1, 1));
        try (DmaBuf memory = allocate()) {
            if (!request.keepConfig()) {
                nic.splitHeaders();
                nic.spreadBelow(range.first());
                nic.steer(server, request.client(), request.port(), range.first());
            }
            RxBinding binding =
                    Device.of(NetworkNamespace.ofCaller(), link).bindRx(memory, queues(range), request.rxPageSize());
            puttingBack.add("the binding", binding::close);
            InetSocketAddress at = new InetSocketAddress(server.toInetAddress(), request.port());
            try (DevmemServerSocket listening = DevmemServerSocket.listen(NetworkNamespace.ofCaller(), null, at)) {
                output.note("listening on " + listening + ", " + link.ifname() + " queues " + queues(range));
                try (DevmemSocket socket = listening.accept()) {
                    receive(socket, binding);
                }
            }
        }
    }

    private void receive(DevmemSocket socket, RxBinding binding) throws IOException {
        try (FileChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
                DevmemInput receiving = new DevmemInput(socket, binding)) {
            WritableByteChannel target = request.pattern().isPresent()
                    ? new Pattern(request.pattern().getAsInt()).check(null)
                    : out;
            receiving.transferTo(new Steered(target, socket), FOREVER);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.FAILED, Failure.message(e) + STRAY, e);
        }
        output.note(socket.received().bytes() + " bytes from " + socket + ", "
                + socket.received().deviceBytes() + " of them in device memory"
                + (request.pattern().isPresent()
                        ? ", all matching the pattern of " + request.pattern().getAsInt()
                        : ""));
    }

    /** Checks which memory the data was received into before passing it on. */
    private final class Steered implements WritableByteChannel {
        private final WritableByteChannel target;
        private final DevmemSocket socket;
        private long deviceBytes;

        Steered(WritableByteChannel target, DevmemSocket socket) {
            this.target = target;
            this.socket = socket;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            long linear = socket.received().linearBytes();
            if (request.failOnLinear() && linear > 0) {
                throw new CommandException(ExitCode.FAILED, linear + " bytes of payload arrived in ordinary memory");
            }
            long before = deviceBytes;
            deviceBytes = socket.received().deviceBytes();
            if (source.position() == 0 && deviceBytes == before) {
                throw new CommandException(
                        ExitCode.FAILED, source.remaining() + " bytes arrived in ordinary memory only" + STRAY);
            }
            return target.write(source);
        }

        @Override
        public boolean isOpen() {
            return target.isOpen();
        }

        @Override
        public void close() throws IOException {
            target.close();
        }
    }
}
