package dev.qlease.node.nri;

import dev.qlease.node.nri.proto.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * The reader of NRI's messages and the service of the plugin on any bytes: they end, and throw
 * {@link NriProtocolException} or nothing. The fuzzer calls {@link #fuzzerTestOneInput}, and so do the property tests.
 */
final class FrameFuzz {
    private static final NriHandler HANDLER = new NriHandler() {
        @Override
        public void synchronize(List<PodSandbox> pods) {
            pods.forEach(FrameFuzz::check);
        }

        @Override
        public void runPodSandbox(PodSandbox pod) {
            check(pod);
        }

        @Override
        public void stopPodSandbox(PodSandbox pod) {
            check(pod);
        }

        @Override
        public void removePodSandbox(PodSandbox pod) {
            check(pod);
        }
    };

    private FrameFuzz() {}

    /** The fuzzer's entry: {@code bytes} are what comes from the runtime, and then a request by itself. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        read(new ByteArrayInputStream(bytes));
        try {
            check(new PluginService(HANDLER).respond(bytes));
        } catch (NriProtocolException expected) {
            check(expected.getMessage() != null);
        }
    }

    /** Reads and serves the stream, and returns how many messages it had. */
    static int read(InputStream bytes) throws IOException {
        FrameReader reader = new FrameReader(bytes);
        PluginService service = new PluginService(HANDLER);
        int count = 0;
        try {
            for (Optional<Frame> next = reader.next(); next.isPresent(); next = reader.next()) {
                count++;
                check(next.get().data().length <= Frame.MOST);
                check(next.get().connection() == Frame.PLUGIN || next.get().connection() == Frame.RUNTIME);
                check(service.respond(next.get().data()));
            }
        } catch (NriProtocolException expected) {
            check(expected.getMessage() != null);
        }
        return count;
    }

    private static void check(Response response) {
        check(response.getSerializedSize() <= Frame.MOST);
    }

    private static void check(PodSandbox pod) {
        check(!pod.id().isEmpty());
        check(pod.networkNamespace().isEmpty() || pod.networkNamespace().get().isAbsolute());
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new AssertionError("the reader returned what it cannot");
        }
    }
}
