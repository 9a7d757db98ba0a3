package dev.qlease.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that the kernel's selftests of device memory are made of: 1, 2 and so on up to {@code period - 1}, a newline, and
 * that over and over.
 */
final class Pattern {
    /** The shortest period that is one. */
    static final int SHORTEST = 2;

    /** The longest, since a byte tells no more apart. */
    static final int LONGEST = 256;

    /** How many bytes are compared or given at a time. */
    private static final int STRETCH = 64 << 10;

    private final int period;

    /** A stretch from any place in a period on. */
    private final ByteBuffer bytes;

    Pattern(int period) {
        if (period < SHORTEST || period > LONGEST) {
            throw new IllegalArgumentException(
                    "a pattern is of " + SHORTEST + " to " + LONGEST + " bytes, not " + period);
        }
        this.period = period;
        byte[] repeated = new byte[period + STRETCH];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = at(i);
        }
        this.bytes = ByteBuffer.wrap(repeated);
    }

    /**
     * The period that was given for {@code option}; empty if none was.
     *
     * @throws CommandException if it is none
     */
    static OptionalInt period(Option option, @Nullable String text) {
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

    /** The first {@code length} bytes. */
    ReadableByteChannel source(long length) {
        return new Source(length);
    }

    /**
     * Compares what is written to it.
     *
     * @param next what it hands that on to; null for nothing. It stays the caller's
     */
    WritableByteChannel check(@Nullable WritableByteChannel next) {
        return new Check(next);
    }

    private abstract static class Open implements Channel {
        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // It has nothing of its own.
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
