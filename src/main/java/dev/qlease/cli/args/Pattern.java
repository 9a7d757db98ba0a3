package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The byte pattern of the kernel's device-memory selftests: 1, 2 and so on up to {@code period - 1}, then a newline,
 * repeated. Immutable and thread-safe.
 */
public final class Pattern {
    /** The shortest period, in bytes. */
    public static final int SHORTEST = 2;

    /** The longest period, in bytes: a byte has no more values. */
    public static final int LONGEST = 256;

    /** The most bytes that are compared or read at a time. */
    private static final int STRETCH = 64 << 10;

    private final int period;

    /** Long enough for a whole stretch from any position in a period. */
    private final ByteBuffer bytes;

    public Pattern(int period) {
        if (period < SHORTEST || period > LONGEST) {
            throw new IllegalArgumentException(
                    "the length of a pattern is " + SHORTEST + " to " + LONGEST + " bytes, not " + period);
        }
        this.period = period;
        byte[] repeated = new byte[period + STRETCH];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = at(i);
        }
        this.bytes = ByteBuffer.wrap(repeated);
    }

    /**
     * Parses the period that was given for {@code option}; empty if {@code text} is null.
     *
     * @throws CommandException if it is not a number in the valid range
     */
    public static OptionalInt period(Option option, @Nullable String text) {
        if (text == null) {
            return OptionalInt.empty();
        }
        if (text.matches("[0-9]{1,3}")) {
            int period = Integer.parseInt(text);
            if (period >= SHORTEST && period <= LONGEST) {
                return OptionalInt.of(period);
            }
        }
        throw new CommandException(
                ExitCode.USAGE,
                option.longName() + " is the length of the pattern, " + SHORTEST + " to " + LONGEST + " bytes, not \""
                        + text + "\"");
    }

    private byte at(long position) {
        int value = (int) ((position + 1) % period);
        return (byte) (value == 0 ? '\n' : value);
    }

    private ByteBuffer stretch(long position, int length) {
        return bytes.slice((int) (position % period), Math.min(length, STRETCH));
    }

    /** Returns a channel that reads the first {@code length} bytes of the pattern. */
    public ReadableByteChannel source(long length) {
        return new Source(length);
    }

    /**
     * Returns a channel that compares what is written to it with the pattern, and throws {@link CommandException} if
     * it differs.
     *
     * @param next receives what was compared; null to discard it. Remains owned by the caller
     */
    public WritableByteChannel check(@Nullable WritableByteChannel next) {
        return new Check(next);
    }

    private abstract static class Open implements Channel {
        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // Owns nothing.
        }
    }

    private final class Source extends Open implements ReadableByteChannel {
        private final long length;
        private long position;

        Source(long length) {
            this.length = length;
        }

        @Override
        public int read(ByteBuffer target) {
            if (position == length) {
                return -1;
            }
            ByteBuffer next = stretch(position, (int) Math.min(length - position, target.remaining()));
            int count = next.remaining();
            target.put(next);
            position += count;
            return count;
        }
    }

    private final class Check extends Open implements WritableByteChannel {
        private final @Nullable WritableByteChannel next;
        private long position;

        Check(@Nullable WritableByteChannel next) {
            this.next = next;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            ByteBuffer expected = stretch(position, source.remaining());
            ByteBuffer found = source.slice(source.position(), expected.remaining());
            int differs = found.mismatch(expected);
            if (differs >= 0) {
                throw new CommandException(
                        ExitCode.FAILED,
                        "the byte at offset " + (position + differs) + " is "
                                + Byte.toUnsignedInt(found.get(differs)) + ", not "
                                + Byte.toUnsignedInt(expected.get(differs)) + " as in the pattern of " + period);
            }
            int count = found.remaining();
            if (next == null) {
                source.position(source.position() + count);
            } else {
                ByteBuffer same = found.duplicate();
                while (same.hasRemaining()) {
                    next.write(same);
                }
                source.position(source.position() + count);
            }
            position += count;
            return count;
        }
    }
}
