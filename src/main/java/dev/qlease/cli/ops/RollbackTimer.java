package dev.qlease.cli.ops;

import dev.qlease.cli.args.Target;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Processes;
import dev.qlease.ops.Ops;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process in a session of its own that rolls back an apply which was not confirmed in time, also if the process that
 * applied it was killed. It is told by its standard input how far that process is, and its end of file that it died.
 */
public final class RollbackTimer {
    private static final int READY = 'r';
    private static final int APPLIED = 'a';
    private static final int END = 'e';
    private static final int DEAD = -1;
    private static final int MOST_ATTEMPTS = 60;
    private static final long PAUSE_MILLIS = 1000;

    /** The process that applied rolls back itself, if it is alive. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private RollbackTimer() {}

    /** The process, as its parent sees it. Closing it leaves it running if it was not told to end. */
    static final class Child implements AutoCloseable {
        private final Process process;

        private Child(Process process) {
            this.process = process;
        }

        /** Tells that the changes were made and have to be confirmed. */
        void applied() {
            tell(APPLIED);
        }

        /** Tells that nothing has to be confirmed any more. */
        void end() {
            tell(END);
        }

        private void tell(int what) {
            try {
                OutputStream input = process.getOutputStream();
                input.write(what);
                input.flush();
            } catch (IOException e) {
                // It was killed; the next qlease command rolls back what is not confirmed.
                return;
            }
        }

        @Override
        public void close() {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                return;
            }
        }
    }

    /**
     * Starts the process and waits until it is ready.
     *
     * @param netns the namespace of the NICs, as given; null for the command's own
     * @throws IOException if it cannot be started
     */
    static Child start(@Nullable String netns) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable"));
        String modules = System.getProperty("jdk.module.path");
        if (modules != null && RollbackTimer.class.getModule().isNamed()) {
            command.addAll(List.of("--enable-native-access=dev.qlease", "-p", modules, "-m"));
            command.add("dev.qlease/" + RollbackTimer.class.getName());
        } else {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
            command.add(RollbackTimer.class.getName());
        }
        if (netns != null) {
            command.add(netns);
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.getInputStream().read() != READY) {
            process.destroyForcibly();
            throw new IOException("the process that rolls back in time could not be started");
        }
        return new Child(process);
    }

    /**
     * Runs the process.
     *
     * @param args the namespace of the NICs, as for --netns; none for that of the process
     */
    public static void main(String[] args) throws IOException {
        Processes.setsid();
        BlockingQueue<Integer> said = new LinkedBlockingQueue<>();
        try (NetworkNamespace nics = Target.namespace(args.length > 0 ? args[0] : null);
                Ops ops = Ops.open(nics)) {
            Thread.ofPlatform().daemon().start(() -> listen(said));
            System.out.write(READY);
            System.out.flush();
            run(ops, said);
        }
        Runtime.getRuntime().halt(0);
    }

    private static void listen(BlockingQueue<Integer> said) {
        int what = 0;
        while (what != DEAD && what != END) {
            try {
                what = System.in.read();
            } catch (IOException e) {
                what = DEAD;
            }
            said.add(what);
        }
    }

    private static void run(Ops ops, BlockingQueue<Integer> said) {
        int what = take(said, Duration.ofDays(1));
        if (what == END) {
            return;
        }
        int attempts = 0;
        while (attempts < MOST_ATTEMPTS) {
            try {
                Optional<Duration> left = ops.recover();
                if (left.isEmpty()) {
                    return;
                }
                if (what == DEAD) {
                    pause(left.get().toMillis() + 1);
                } else {
                    what = take(said, left.get().plus(GRACE));
                }
                if (what == END) {
                    return;
                }
            } catch (RuntimeException e) {
                // Another process holds the lock, or the files cannot be read now.
                attempts++;
                pause(PAUSE_MILLIS);
            }
        }
    }

    /** Returns what the other process says next; {@link #APPLIED} if it says nothing in time. */
    private static int take(BlockingQueue<Integer> said, Duration time) {
        try {
            Integer what = said.poll(time.toMillis(), TimeUnit.MILLISECONDS);
            return what == null ? APPLIED : what;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return DEAD;
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
