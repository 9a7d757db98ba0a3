package dev.qlease.netlink;

import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The reader's whole surface on any bytes: it terminates, reads nothing outside (segments see to that, with an
 * exception that is not the documented one) and throws {@link MalformedMessageException} or nothing. The fuzzer calls
 * {@link #fuzzerTestOneInput}, and so do the property tests and the test that replays the corpus.
 */
final class MessageFuzz {
    private static final Operation[] OPERATIONS = {Sample.GET, Sample.LEAF_SET};

    private MessageFuzz() {}

    /** The fuzzer's entry: {@code bytes} are a datagram as it comes from the kernel. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment datagram =
                    arena.allocate(Math.max(bytes.length, 1), 8).asSlice(0, bytes.length);
            MemorySegment.copy(bytes, 0, datagram, ValueLayout.JAVA_BYTE, 0, bytes.length);
            messages(datagram);
            attributes(Sample.TOP, datagram);
            attributes(Sample.LEAF, datagram);
            request(datagram);
        }
    }

    private static void messages(MemorySegment datagram) {
        NetlinkMessage moving = new NetlinkMessage(datagram);
        try {
            for (long at = 0; datagram.byteSize() - at >= NetlinkMessage.HEADER; ) {
                NetlinkMessage message = NetlinkMessage.parse(datagram, at);
                moving.moveTo(at);
                check(found(moving).equals(found(message)));
                at += message.paddedLength();
                message(message, datagram);
            }
        } catch (MalformedMessageException expected) {
            check(expected.getMessage() != null);
        }
    }

    /** Which attributes it has: the same, whatever was in the messages before. */
    private static String found(NetlinkMessage message) {
        try {
            Attributes a = message.attributes(Sample.LEAF, Sample.GET.headerSize());
            return Sample.LEAF.attributes().stream().filter(a::has).toList() + " " + a.unknown();
        } catch (MalformedMessageException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void message(NetlinkMessage message, MemorySegment datagram) {
        check(message.toString() != null);
        for (Operation operation : OPERATIONS) {
            check(message.print(operation.reply(), operation.headerSize()) != null);
            for (Ending ending : Ending.values()) {
                Exchange<String> exchange = new Exchange<>(
                        new RequestImage(operation, "", datagram, datagram.byteSize()),
                        m -> m.command()
                                + m.attributes(operation.reply(), operation.headerSize())
                                        .toString(),
                        ending);
                exchange.accept(message);
                outcome(exchange);
            }
        }
        try {
            check(message.text(Sample.NAME, Sample.GET.headerSize()).indexOf(0) < 0);
        } catch (MalformedMessageException expected) {
            check(expected.getMessage() != null);
        }
        try {
            read(message.attributes(Sample.TOP, Sample.GET.headerSize()));
        } catch (MalformedMessageException expected) {
            check(expected.getMessage() != null);
        }
    }

    private static void outcome(Exchange<String> exchange) {
        try {
            check(exchange.records() != null);
        } catch (dev.qlease.linux.LinuxException expected) {
            check(expected.getMessage() != null);
        }
    }

    private static void attributes(AttributeSet set, MemorySegment data) {
        String text = AttributePrinter.print(set, data);
        check(text.startsWith("{") && text.endsWith("}"));
        try {
            read(new Attributes(set, data));
        } catch (MalformedMessageException expected) {
            check(expected.getMessage() != null);
        }
    }

    private static void request(MemorySegment bytes) {
        RequestImage image = new RequestImage(Sample.GET, "", bytes, bytes.byteSize());
        check(image.toString() != null);
        // Attributes begin at multiples of four; the offsets between are those of values, and all the same.
        for (int offset = -4; offset <= bytes.byteSize() + 4; offset += 4) {
            Optional<String> path = image.path(offset + (offset >> 2 & 1));
            check(path.isEmpty() || !path.get().isEmpty());
            check(!image.missing(3, OptionalInt.of(offset)).isEmpty());
        }
    }

    /** Every getter of every attribute that there is, each by itself: one that throws must not spare the others. */
    static void read(Attributes a) {
        check(a.toString() != null);
        check(a.unknown() != null);
        for (Attribute attribute : a.set().attributes()) {
            try {
                read(a, attribute);
            } catch (MalformedMessageException expected) {
                check(expected.getMessage() != null);
            }
        }
    }

    private static void read(Attributes a, Attribute attribute) {
        switch (attribute) {
            case Attribute.U8 x -> check(a.find(x).orElse(0) >>> 8 == 0);
            case Attribute.U16 x -> check(a.find(x).orElse(0) >>> 16 == 0);
            case Attribute.U32 x -> check(a.find(x).isEmpty() || a.getUnsigned(x) >>> 32 == 0);
            case Attribute.U64 x -> check(a.find(x) != null);
            case Attribute.UInt x -> check(a.find(x) != null);
            case Attribute.SInt x -> check(a.find(x) != null);
            case Attribute.Text x -> check(a.find(x).orElse("").indexOf(0) < 0 && a.all(x) != null);
            case Attribute.Binary x -> check(a.find(x, x.format()::format) != null);
            case Attribute.Flag x -> check(a.get(x) == a.has(x));
            case Attribute.Nest x -> {
                a.find(x, MessageFuzz::readNested);
                a.all(x, MessageFuzz::readNested);
            }
            case Attribute.NestArray x -> a.all(x, MessageFuzz::readNested);
            case Attribute.SubMessage x -> {
                if (a.has(x)) {
                    read(a.get(x));
                }
            }
            case Attribute.Pad _ -> check(true);
            case Attribute.Numeric _ -> throw new AssertionError(attribute);
        }
    }

    private static Attributes readNested(Attributes inside) {
        read(inside);
        return inside;
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new AssertionError("the reader answered what it cannot");
        }
    }
}
