package dev.qlease.cli.ncdevmem;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.transfer.SendFailure;
import dev.qlease.devmem.ConnectionOptions;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Link;
import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;

/** The sending side of {@link Ncdevmem}: a sendmsg for each line of standard input, once the previous has completed. */
final class NcdevmemSender {
    /** The longest line that one sendmsg sends. */
    private static final int LONGEST = 4 << 20;

    private static final Duration TO_CONNECT = Duration.ofSeconds(30);
    private static final Duration TO_COMPLETE = Duration.ofSeconds(10);

    private final DevmemSocket socket;
    private final int pieceSize;
    private final long[] offsets = new long[DevmemSocket.MAX_PIECES];
    private final long[] lengths = new long[DevmemSocket.MAX_PIECES];

    private NcdevmemSender(DevmemSocket socket, int pieceSize) {
        this.socket = socket;
        this.pieceSize = pieceSize;
    }

    /** Sends standard input to the peer in {@code request}. */
    static void run(NcdevmemRequest request, Link link, Output output) throws IOException {
        InetSocketAddress to =
                new InetSocketAddress(request.server().orElseThrow().toInetAddress(), request.port());
        try (DmaBuf memory = Udmabuf.pages().allocate(LONGEST);
                TxBinding binding = Device.of(NetworkNamespace.ofCaller(), link).bindTx(memory);
                InputStream in = new BufferedInputStream(new FileInputStream(FileDescriptor.in));
                DevmemSocket socket = connect(binding, request, link, to)) {
            int pieceSize = request.pieceSize().orElse(LONGEST);
            int longest = (int) Math.min(LONGEST, (long) pieceSize * DevmemSocket.MAX_PIECES);
            long bytes = new NcdevmemSender(socket, pieceSize).send(in, longest);
            output.note(bytes + " bytes sent to " + socket + " with " + link.ifname() + " in " + socket.sends()
                    + " sendmsg calls");
        }
    }

    private static DevmemSocket connect(TxBinding binding, NcdevmemRequest request, Link link, InetSocketAddress to) {
        try {
            ConnectionOptions options = ConnectionOptions.defaults().timeout(TO_CONNECT);
            if (request.client().isPresent()) {
                options = options.from(
                        new InetSocketAddress(request.client().get().toInetAddress(), request.port()));
            }
            return Device.of(NetworkNamespace.ofCaller(), link).connect(binding, to, options);
        } catch (LinuxException e) {
            throw SendFailure.connecting(e, link, TO_CONNECT);
        }
    }

    private long send(InputStream in, int longest) throws IOException {
        byte[] line = new byte[longest];
        long total = 0;
        int length = 0;
        int next;
        while ((next = in.read()) >= 0) {
            line[length++] = (byte) next;
            if (next == '\n' || length == longest) {
                send(line, length);
                total += length;
                length = 0;
            }
        }
        if (length > 0) {
            send(line, length);
        }
        return total + length;
    }

    private void send(byte[] line, int length) {
        socket.binding().write(0, MemorySegment.ofArray(line).asSlice(0, length));
        for (long sent = 0; sent < length; ) {
            sent += socket.send(offsets, lengths, pieces(sent, length));
        }
        if (!socket.awaitCompletions(TO_COMPLETE)) {
            socket.resetOnClose(true);
            throw new CommandException(
                    ExitCode.FAILED, "the kernel did not complete a send within " + TO_COMPLETE.toSeconds() + " s");
        }
    }

    /** Divides the bytes between these offsets into pieces, and returns how many there are. */
    private int pieces(long from, long to) {
        int count = 0;
        for (long at = from; at < to && count < offsets.length; at += pieceSize) {
            offsets[count] = at;
            lengths[count++] = Math.min(pieceSize, to - at);
        }
        return count;
    }
}
