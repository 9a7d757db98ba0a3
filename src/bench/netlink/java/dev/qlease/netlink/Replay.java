package dev.qlease.netlink;

import dev.qlease.linux.FileDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A socket whose replies are recorded ones, without the kernel: a request goes nowhere, and a receive call returns the
 * next recorded part, without copying it. For one thread.
 */
public final class Replay implements Transport {
    /** The type of requests about families, which have a recording of their own. */
    private static final int CONTROL = 16;

    private final List<MemorySegment> family;
    private final List<MemorySegment> list;
    private final int recordedSequence;
    private final int recordedPort;
    private final AtomicInteger sequence;
    private final NetlinkSocket socket;
    private List<MemorySegment> replies = List.of();
    private int next;

    private Replay(List<MemorySegment> family, List<MemorySegment> list, NetlinkProtocol protocol) {
        this.family = family;
        this.list = list;
        NetlinkMessage recorded = NetlinkMessage.parse(list.getFirst(), 0);
        this.recordedSequence = recorded.sequence();
        this.recordedPort = recorded.port();
        this.socket = new NetlinkSocket(this, protocol);
        this.sequence = sequenceOf(socket);
        rewind();
    }

    /** Returns the socket of recordings in {@code directory}. */
    public static Replay of(Path directory, String list, NetlinkProtocol protocol) throws IOException {
        return new Replay(parts(directory.resolve("family")), parts(directory.resolve(list)), protocol);
    }

    /** Returns the socket. */
    public NetlinkSocket socket() {
        return socket;
    }

    /** Gives the next request the number of the recorded one. */
    public void rewind() {
        sequence.set(recordedSequence - 1);
    }

    private static AtomicInteger sequenceOf(NetlinkSocket socket) {
        try {
            var field = NetlinkSocket.class.getDeclaredField("sequence");
            field.setAccessible(true);
            return (AtomicInteger) field.get(socket);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<MemorySegment> parts(Path file) throws IOException {
        List<MemorySegment> parts = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file)) {
            MemorySegment all = Arena.global().allocate(channel.size(), 8);
            all.copyFrom(channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
            for (long at = 0; at < all.byteSize(); ) {
                int size = all.get(ValueLayout.JAVA_INT_UNALIGNED, at);
                parts.add(all.asSlice(at + Integer.BYTES, size));
                at += Integer.BYTES + (size + 3 & ~3);
            }
        }
        return parts;
    }

    @Override
    public int port() {
        return recordedPort;
    }

    @Override
    public int send(MemorySegment message, long size) {
        boolean control = message.get(ValueLayout.JAVA_SHORT_UNALIGNED, 4) == CONTROL;
        replies = control ? family : list;
        next = 0;
        return 0;
    }

    @Override
    public MemorySegment receive() {
        return next < replies.size() ? replies.get(next++) : null;
    }

    @Override
    public boolean await(long deadline) {
        throw new IllegalStateException("the recording ended before the reply did");
    }

    @Override
    public FileDescriptor descriptor() {
        throw new UnsupportedOperationException("a recording has no descriptor");
    }

    @Override
    public void enter() {}

    @Override
    public void leave() {}

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void wake() {}

    @Override
    public void close() {}
}
