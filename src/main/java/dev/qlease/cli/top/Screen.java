package dev.qlease.cli.top;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.linux.sys.Processes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;

/**
 * The terminal, taken over: an alternate screen without a cursor, and keys without echo. It is given back by {@link
 * #close()}, when the process is stopped (SIGTSTP) until it continues, and when a signal ends it.
 */
final class Screen implements AutoCloseable {
    /** Where there is no key. */
    static final int NONE = -2;

    static final int UP = 0x1000;
    static final int DOWN = 0x1001;
    static final int PAGE_UP = 0x1002;
    static final int PAGE_DOWN = 0x1003;

    private static final String STOP = "TSTP";
    private static final String CONTINUE = "CONT";

    /** Control sequences of xterm, which all terminals in use have; also those of ECMA-48. */
    private static final String ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";

    private static final String LEAVE = "\u001b[m\u001b[?7h\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String CLEAR_LINE = "\u001b[K";
    private static final String CLEAR_BELOW = "\u001b[J";
    private static final String REVERSE = "\u001b[7m";
    private static final String NORMAL = "\u001b[m";

    private static final int ESCAPE = 0x1b;
    private static final long SEQUENCE_MILLIS = 50;
    private static final long LOCK_MILLIS = 500;
    private static final Size DEFAULT = Size.of(80, 24);

    private final Terminal terminal;
    private final Attributes saved;
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final Thread hook = Thread.ofPlatform().unstarted(this::leaveAtEnd);

    /** Keeps frames from being drawn after the terminal was given back. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean entered;
    private boolean closed;
    private volatile boolean stale;

    private Screen(Terminal terminal) {
        this.terminal = terminal;
        this.saved = terminal.getAttributes();
    }

    /**
     * Takes the terminal over.
     *
     * @throws CommandException if that is not possible
     */
    static Screen open() throws IOException {
        Screen screen;
        try {
            screen = new Screen(TerminalBuilder.builder()
                    .system(true)
                    .provider("ffm")
                    .dumb(false)
                    .graphemeCluster(false)
                    .nativeSignals(false)
                    // Its capabilities are known without running infocmp, and are not used.
                    .type("ansi")
                    .encoding(StandardCharsets.UTF_8)
                    .build());
        } catch (IOException | IllegalStateException e) {
            throw new CommandException(
                    ExitCode.FAILED, "using the terminal: " + Failure.message(e) + "; try --once", e);
        }
        Runtime.getRuntime().addShutdownHook(screen.hook);
        Signals.register(STOP, screen::stop);
        Signals.register(CONTINUE, screen::resume);
        screen.enter();
        return screen;
    }

    private void enter() throws IOException {
        lock.lock();
        try {
            if (!closed && !entered) {
                entered = true;
                terminal.setAttributes(keys());
                write(ENTER);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns attributes with which keys are read at once and without echo; those for signals go on to send them. */
    private Attributes keys() {
        Attributes keys = new Attributes(saved);
        keys.setLocalFlags(EnumSet.of(LocalFlag.ICANON, LocalFlag.ECHO, LocalFlag.IEXTEN), false);
        keys.setControlChar(ControlChar.VMIN, 1);
        keys.setControlChar(ControlChar.VTIME, 0);
        return keys;
    }

    private void leave() throws IOException {
        if (entered) {
            entered = false;
            write(LEAVE);
            restoreKeys();
        }
    }

    private void restoreKeys() {
        try {
            terminal.setAttributes(saved);
        } catch (IllegalStateException | IOError e) {
            // When a signal ends the process, the library closes its terminal at the same time and restores it too.
            return;
        }
    }

    /** Leaves when a signal ends the process, even if another thread is stuck writing to a terminal that is held. */
    private void leaveAtEnd() {
        try {
            if (lock.tryLock(LOCK_MILLIS, TimeUnit.MILLISECONDS)) {
                // Remains locked, so that no other thread draws any more.
                closed = true;
                leave();
            } else {
                restoreKeys();
            }
        } catch (IOException | InterruptedException e) {
            // The terminal is gone.
            return;
        }
    }

    /** Gives the terminal back and stops the process; returns when it continues. */
    private void stop() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            leave();
            Signals.registerDefault(STOP);
            Processes.raise(Processes.SIGTSTP);
            Signals.register(STOP, this::stop);
        } catch (IOException e) {
            // The terminal is gone.
            return;
        } finally {
            lock.unlock();
        }
        resume();
    }

    /** Takes the terminal over again, which others have used since the process was stopped. */
    private void resume() {
        lock.lock();
        try {
            if (!closed) {
                entered = false;
                enter();
                stale = true;
            }
        } catch (IOException e) {
            // The terminal is gone.
            return;
        } finally {
            lock.unlock();
        }
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Returns the size of the terminal. */
    Size size() {
        Size size = terminal.getSize();
        // A serial line does not know its size.
        return size.getColumns() > 0 && size.getRows() > 0 ? size : DEFAULT;
    }

    /** Returns, once, whether the terminal has to be drawn again because the process was stopped. */
    boolean isStale() {
        boolean was = stale;
        stale = false;
        return was;
    }

    /** Draws lines without control characters, none of which is wider than the terminal; the first is emphasized. */
    void draw(List<String> lines) throws IOException {
        StringBuilder frame = new StringBuilder(HOME);
        for (int i = 0; i < lines.size(); i++) {
            frame.append(i == 0 ? REVERSE : "\r\n");
            frame.append(lines.get(i)).append(i == 0 ? NORMAL : "").append(CLEAR_LINE);
        }
        frame.append(CLEAR_BELOW);
        lock.lock();
        try {
            if (entered) {
                write(frame.toString());
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a key.
     *
     * @return a character, or one of the keys above; {@link #NONE} if there is none in time; -1 if the terminal is gone
     */
    int key(Duration timeout) throws IOException {
        int first = read(Math.max(1, timeout.toMillis()));
        if (first != ESCAPE) {
            return first;
        }
        int second = read(SEQUENCE_MILLIS);
        if (second != '[' && second != 'O') {
            return NONE;
        }
        int third = read(SEQUENCE_MILLIS);
        int key = switch (third) {
            case 'A' -> UP;
            case 'B' -> DOWN;
            case '5' -> PAGE_UP;
            case '6' -> PAGE_DOWN;
            default -> NONE;
        };
        // The rest of a sequence with parameters ends with a letter or a tilde.
        for (int next = third; next >= '0' && next <= ';'; ) {
            next = read(SEQUENCE_MILLIS);
        }
        return key;
    }

    private int read(long millis) throws IOException {
        return terminal.reader().read(millis);
    }

    /** Gives the terminal back. Idempotent. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            leave();
        } finally {
            lock.unlock();
            Signals.registerDefault(STOP);
            Signals.registerDefault(CONTINUE);
            removeHook();
            terminal.close();
        }
    }

    private void removeHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal ends the process at this very moment; the terminal was given back.
            return;
        }
    }
}
