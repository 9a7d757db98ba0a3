package dev.qlease.node;

import dev.qlease.linux.sys.KernelText;
import dev.qlease.node.BindingRefusedException.Reason;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** A message of the protocol that the description of this package specifies. Immutable. */
sealed interface Message {
    /** The version of the protocol. */
    int VERSION = 1;

    /** The largest message, in bytes. */
    int MOST_BYTES = 1024;

    /** The most queues that a message names. */
    int MOST_QUEUES = 64;

    /** The longest name of a device, {@code ALTIFNAMSIZ - 1} of linux/if.h, in bytes. */
    int LONGEST_NAME = 127;

    int MAGIC = 0x716c6e64;

    /** The client may send its request. */
    record Ready() implements Message {}

    /**
     * A request.
     *
     * @param device the name or ifindex of the device, in the client's network namespace
     * @param queues the queues, distinct; empty for all leased ones
     * @param rxPageSize bytes of the pieces to fill; empty for a page
     */
    record Bind(String device, List<Integer> queues, OptionalInt rxPageSize) implements Message {
        public Bind {
            queues = List.copyOf(queues);
            int length = KernelText.encode(device).length;
            if (length == 0 || length > LONGEST_NAME || device.indexOf(0) >= 0) {
                throw new IllegalArgumentException(
                        "a device's name has 1 to " + LONGEST_NAME + " bytes, not \"" + device + "\"");
            }
            if (queues.size() > MOST_QUEUES
                    || queues.stream().distinct().count() != queues.size()
                    || queues.stream().anyMatch(queue -> queue < 0)) {
                throw new IllegalArgumentException(
                        "a request names at most " + MOST_QUEUES + " distinct queues, not " + queues);
            }
            if (rxPageSize.isPresent() && rxPageSize.getAsInt() <= 0) {
                throw new IllegalArgumentException("rx-page-size is positive, not " + rxPageSize.getAsInt());
            }
        }
    }

    /**
     * A binding was made.
     *
     * @param id its id
     * @param ifindex the device
     * @param queues the queues
     */
    record Bound(int id, int ifindex, List<Integer> queues) implements Message {
        public Bound {
            queues = List.copyOf(queues);
        }
    }

    /** A request was refused. */
    record Refused(Reason reason, String sentence) implements Message {}

    /** Returns the message in bytes. */
    default byte[] bytes() {
        ByteBuffer to = ByteBuffer.allocate(MOST_BYTES);
        switch (this) {
            case Ready _ -> begin(to, 0);
            case Bind bind -> {
                begin(to, 1).putInt(bind.rxPageSize().orElse(0));
                putQueues(to, bind.queues());
                putText(to, KernelText.encode(bind.device()));
            }
            case Bound bound -> {
                begin(to, 2).putInt(bound.id()).putInt(bound.ifindex());
                putQueues(to, bound.queues());
            }
            case Refused refused -> {
                begin(to, 3).putShort((short) refused.reason().number());
                byte[] text = KernelText.encode(refused.sentence());
                putText(to, Arrays.copyOf(text, Math.min(text.length, to.remaining() - Short.BYTES)));
            }
        }
        return Arrays.copyOf(to.array(), to.position());
    }

    private static ByteBuffer begin(ByteBuffer to, int kind) {
        return to.putInt(MAGIC).putShort((short) VERSION).putShort((short) kind);
    }

    private static void putQueues(ByteBuffer to, List<Integer> queues) {
        to.putShort((short) queues.size());
        queues.forEach(to::putInt);
    }

    private static void putText(ByteBuffer to, byte[] text) {
        to.putShort((short) text.length).put(text);
    }

    /**
     * Returns the message in {@code bytes}.
     *
     * @throws IllegalArgumentException if they are not exactly one message of this version; the message says why
     */
    static Message of(ByteBuffer bytes) {
        int size = bytes.remaining();
        ByteBuffer from = bytes.slice();
        try {
            if (size > MOST_BYTES || from.getInt() != MAGIC) {
                throw new IllegalArgumentException("this is no message of qlease node");
            }
            int version = Short.toUnsignedInt(from.getShort());
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "the message has version " + version + " of the protocol, not " + VERSION);
            }
            Message message = read(from, Short.toUnsignedInt(from.getShort()));
            if (from.hasRemaining()) {
                throw new IllegalArgumentException("the message has " + from.remaining() + " bytes too many");
            }
            return message;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("the message ends after " + size + " bytes", e);
        }
    }

    private static Message read(ByteBuffer from, int kind) {
        return switch (kind) {
            case 0 -> new Ready();
            case 1 -> {
                int size = from.getInt();
                List<Integer> queues = queues(from);
                yield new Bind(text(from), queues, size == 0 ? OptionalInt.empty() : OptionalInt.of(size));
            }
            case 2 -> new Bound(from.getInt(), from.getInt(), queues(from));
            case 3 -> {
                int number = Short.toUnsignedInt(from.getShort());
                Reason reason = Reason.of(number)
                        .orElseThrow(() -> new IllegalArgumentException("there is no reason " + number));
                yield new Refused(reason, text(from));
            }
            default -> throw new IllegalArgumentException("there is no message of kind " + kind);
        };
    }

    private static List<Integer> queues(ByteBuffer from) {
        int count = Short.toUnsignedInt(from.getShort());
        if (count > MOST_QUEUES) {
            throw new IllegalArgumentException("a message names at most " + MOST_QUEUES + " queues, not " + count);
        }
        List<Integer> queues = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            queues.add(from.getInt());
        }
        return queues;
    }

    private static String text(ByteBuffer from) {
        int length = Short.toUnsignedInt(from.getShort());
        if (length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] text = new byte[length];
        from.get(text);
        return KernelText.decode(text);
    }
}
