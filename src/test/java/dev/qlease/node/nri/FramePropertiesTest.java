package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.qlease.node.nri.proto.Event;
import dev.qlease.node.nri.proto.LinuxNamespace;
import dev.qlease.node.nri.proto.LinuxPod;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.StateChangeEvent;
import dev.qlease.node.nri.proto.SynchronizeRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Of any messages, in any pieces: what is written is what is read. Of any bytes: the reader survives them. */
class FramePropertiesTest {
    /** Returns a few bytes at a time. */
    private static InputStream inPieces(byte[] bytes, Random random) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(20)));
            }
        };
    }

    /** Returns messages of both connections, and of an unknown one, in parts of random lengths. */
    private static byte[] interleaved(List<Frame> frames, Random random) {
        List<ByteBuffer> connections = new ArrayList<>();
        for (int connection : new int[] {Frame.PLUGIN, Frame.RUNTIME}) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Frame frame : frames) {
                if (frame.connection() == connection) {
                    bytes.writeBytes(ByteBuffer.allocate(Frame.HEADER)
                            .putInt(frame.data().length)
                            .putInt(frame.stream())
                            .put(frame.type())
                            .array());
                    bytes.writeBytes(frame.data());
                }
            }
            connections.add(ByteBuffer.wrap(bytes.toByteArray()));
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (connections.stream().anyMatch(ByteBuffer::hasRemaining)) {
            int which = random.nextInt(3);
            if (which == 2) {
                all.writeBytes(new byte[] {0, 0, 0, 7, 0, 0, 0, 2, 1, 2});
                continue;
            }
            ByteBuffer from = connections.get(which);
            byte[] part = new byte[Math.min(from.remaining(), random.nextInt(50))];
            from.get(part);
            all.writeBytes(ByteBuffer.allocate(8)
                    .putInt(which == 0 ? Frame.PLUGIN : Frame.RUNTIME)
                    .putInt(part.length)
                    .array());
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static List<Frame> of(int connection, List<Frame> frames) {
        return frames.stream().filter(each -> each.connection() == connection).toList();
    }

    @Property(tries = 300)
    void messagesAreReadInWhateverPartsTheyCome(@ForAll Random random) throws IOException {
        List<Frame> written = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            byte[] data = new byte[random.nextInt(200)];
            random.nextBytes(data);
            written.add(new Frame(1 + random.nextInt(2), random.nextInt(), (byte) random.nextInt(), data));
        }
        FrameReader reader = new FrameReader(inPieces(interleaved(written, random), random));
        List<Frame> read = new ArrayList<>();
        for (Optional<Frame> next = reader.next(); next.isPresent(); next = reader.next()) {
            read.add(next.get());
        }
        for (int connection : new int[] {Frame.PLUGIN, Frame.RUNTIME}) {
            assertThat(of(connection, read)).usingRecursiveComparison().isEqualTo(of(connection, written));
        }
    }

    @Property(tries = 100)
    void whatIsWrittenIsReadUpToWhereItIsCut(
            @ForAll Random random, @ForAll @IntRange(max = 10_000) int length, @ForAll @IntRange(max = 11_000) int cut)
            throws IOException {
        byte[] data = new byte[length];
        random.nextBytes(data);
        byte[] whole = FakeRuntime.frames(
                Frame.PLUGIN, 7, Frame.REQUEST, FakeRuntime.request("Synchronize", ByteString.copyFrom(data)));
        byte[] bytes = Arrays.copyOf(whole, Math.min(cut, whole.length));
        FrameReader reader = new FrameReader(inPieces(bytes, random));
        if (bytes.length == 0) {
            assertThat(reader.next()).isEmpty();
        } else if (bytes.length < whole.length) {
            assertThatThrownBy(reader::next)
                    .isInstanceOf(NriProtocolException.class)
                    .hasMessage("the connection ended within a message");
        } else {
            assertThat(reader.next().orElseThrow().stream()).isEqualTo(7);
            assertThat(reader.next()).isEmpty();
        }
    }

    @Property(tries = 1000)
    void anyBytesAreSurvived(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
        FrameFuzz.fuzzerTestOneInput(bytes);
    }

    @Property(tries = 1000)
    void anyChangeOfValidMessagesIsSurvived(@ForAll Random random) throws IOException {
        Pod pod = FakeRuntime.pod("p").toBuilder()
                .putAnnotations("a", "b")
                .setLinux(LinuxPod.newBuilder()
                        .addNamespaces(
                                LinuxNamespace.newBuilder().setType("network").setPath("/run/netns/x")))
                .build();
        SynchronizeRequest pods =
                SynchronizeRequest.newBuilder().addPods(pod).setMore(true).build();
        StateChangeEvent event = StateChangeEvent.newBuilder()
                .setEvent(Event.RUN_POD_SANDBOX)
                .setPod(pod)
                .build();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(FakeRuntime.frames(
                Frame.PLUGIN, 1, Frame.REQUEST, FakeRuntime.request("Synchronize", pods.toByteString())));
        stream.writeBytes(FakeRuntime.frames(
                Frame.PLUGIN, 3, Frame.REQUEST, FakeRuntime.request("StateChange", event.toByteString())));
        byte[] bytes = stream.toByteArray();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        FrameFuzz.read(inPieces(bytes, random));
    }
}
