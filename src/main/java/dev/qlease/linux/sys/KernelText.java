package dev.qlease.linux.sys;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Names as the kernel has them, bytes, and as Java has them, text. A name is UTF-8 by habit alone: each byte that is
 * not is an unpaired surrogate in the text, U+DC80 for 0x80 to U+DCFF for 0xff, so that the text is converted back to
 * the same bytes (PEP 383). Paths are converted whatever the locale is, by which {@link Path#of} and {@link
 * Path#toString} go.
 */
public final class KernelText {
    /** The surrogate that stands for the byte 0; only those from 0x80 on are ever used. */
    private static final char BYTE_0 = '\udc00';

    private static final char FIRST = '\udc80';
    private static final char LAST = '\udcff';
    private static final char REPLACEMENT = '\ufffd';
    private static final char LAST_ASCII = '\u007f';
    private static final String SCHEME = "file://";

    private KernelText() {}

    /** Returns whether {@code c}, a code point, stands for a byte that is not UTF-8. */
    public static boolean isByte(int c) {
        return c >= FIRST && c <= LAST;
    }

    /** Returns the surrogate that stands for {@code value}, a byte of 0x80 or more. */
    public static char ofByte(int value) {
        return (char) (BYTE_0 + value);
    }

    /** Returns the byte, 0x80 to 0xff, that {@code c} stands for. */
    public static int toByte(int c) {
        return c - BYTE_0;
    }

    /** Returns the first {@code length} bytes as text. */
    public static String decode(byte[] bytes, int length) {
        return decode(bytes, 0, length);
    }

    private static String decode(byte[] bytes, int from, int length) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeEach(ByteBuffer.wrap(bytes, from, length));
    }

    /** Returns the bytes as text. */
    public static String decode(byte[] bytes) {
        return decode(bytes, bytes.length);
    }

    /** Returns the bytes before the first NUL, or all if there is none, as text. */
    public static String decodeToNul(byte[] bytes) {
        return decodeToNul(bytes, 0, bytes.length);
    }

    /** Returns the {@code size} bytes from {@code from} on, before the first NUL, or all if there is none, as text. */
    public static String decodeToNul(byte[] bytes, int from, int size) {
        int length = 0;
        while (length < size && bytes[from + length] != 0) {
            length++;
        }
        return decode(bytes, from, length);
    }

    private static String decodeEach(ByteBuffer bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        while (bytes.hasRemaining()) {
            CoderResult result = decoder.decode(bytes, text, true);
            for (int i = result.isError() ? result.length() : 0; i > 0; i--) {
                text.put(ofByte(Byte.toUnsignedInt(bytes.get())));
            }
        }
        return text.flip().toString();
    }

    /** Returns the bytes of {@code text}. */
    public static byte[] encode(String text) {
        if (!mayHaveBytes(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        text.codePoints().forEach(c -> {
            if (isByte(c)) {
                bytes.write(toByte(c));
            } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }

    /** Returns the bytes of {@code text} and a NUL, as calls of C take them. */
    public static MemorySegment allocate(Arena arena, String text) {
        byte[] bytes = encode(text);
        MemorySegment string = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return string;
    }

    /**
     * Returns the path that {@code text} is.
     *
     * @throws IllegalArgumentException if it contains a NUL
     */
    public static Path path(String text) {
        if (isAscii(text)) {
            return Path.of(text);
        }
        // Of all that makes a Path only a URI gives its bytes.
        StringBuilder uri = new StringBuilder(SCHEME).append(text.startsWith("/") ? "" : "/");
        for (byte each : encode(text)) {
            if (each == '/') {
                uri.append('/');
            } else {
                uri.append('%').append(HexFormat.of().toHexDigits(each));
            }
        }
        // Several slashes at the start would be another thing in a URI.
        String start = SCHEME + "/";
        int end = SCHEME.length();
        while (end < uri.length() && uri.charAt(end) == '/') {
            end++;
        }
        Path absolute = Path.of(URI.create(start + uri.substring(end)));
        return text.startsWith("/") ? absolute : absolute.subpath(0, absolute.getNameCount());
    }

    /** Returns {@code path} as text. */
    public static String text(Path path) {
        String shown = path.toString();
        if (isAscii(shown)) {
            return shown;
        }
        String uri = Path.of("/").resolve(path).toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length());
        for (int i = path.isAbsolute() ? 0 : 1; i < uri.length(); i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(uri, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(uri.charAt(i));
            }
        }
        String text = decode(bytes.toByteArray());
        // The URI of a directory has a slash at its end, which no path has.
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }

    // No streams in these two: every netlink string and every file name goes through them.

    private static boolean mayHaveBytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isByte(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > LAST_ASCII) {
                return false;
            }
        }
        return true;
    }
}
