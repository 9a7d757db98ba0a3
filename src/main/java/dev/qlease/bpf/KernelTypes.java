package dev.qlease.bpf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The types and functions of the running kernel, with the offsets of members; Documentation/bpf/btf.rst. Reading them
 * requires no privilege. Thread-safe.
 */
public final class KernelTypes {
    private static final Path FILE = Path.of("/sys/kernel/btf/vmlinux");
    private static final int MAGIC = 0xeb9f;

    /** Sizes in bytes of struct btf_type and struct btf_member; linux/btf.h. */
    private static final int TYPE = 12;

    private static final int MEMBER = 12;

    /** Sizes in bytes of struct btf_enum and struct btf_enum64. */
    private static final int ENUMERATOR = 8;

    private static final int LONG_ENUMERATOR = 12;

    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int LONG_ENUM = 19;
    private static final int FUNCTION = 12;

    /**
     * A member of a struct, or of an unnamed struct or union inside it.
     *
     * @param bits its offset in the struct, in bits
     * @param size its size in bits if it is a bit field, otherwise 0
     */
    private record Member(int bits, int size) {}

    /**
     * A bit field within one byte of a struct.
     *
     * @param offset the offset of that byte in the struct
     * @param shift number of bits by which to shift the byte right
     * @param mask the bits of the field after the shift
     */
    record BitField(int offset, int shift, int mask) {}

    /** A cache: several megabytes, which do not change while the kernel runs. */
    private static SoftReference<KernelTypes> known = new SoftReference<>(null);

    private final ByteBuffer bytes;
    private final int strings;

    /** The offset of each type, by type id; id 0 is void and has none. */
    private final int[] places;

    /** What was found before: searching all types takes longer than the verifier. */
    private final Map<String, Integer> functions = new ConcurrentHashMap<>();

    private final Map<String, Member> members = new ConcurrentHashMap<>();

    private KernelTypes(ByteBuffer bytes) {
        this.bytes = bytes;
        if (Short.toUnsignedInt(bytes.getShort(0)) != MAGIC) {
            throw new IllegalStateException(FILE + " does not begin with the magic number of BTF");
        }
        int header = bytes.getInt(4);
        int types = header + bytes.getInt(8);
        strings = header + bytes.getInt(16);
        places = places(types, types + bytes.getInt(12));
    }

    private int[] places(int types, int end) {
        int[] all = new int[(end - types) / TYPE + 1];
        int count = 1;
        for (int at = types; at < end; at = next(at)) {
            all[count++] = at;
        }
        return Arrays.copyOf(all, count);
    }

    /**
     * Returns the types of the running kernel. They are read once, and again only if the garbage collector has freed
     * them for lack of memory.
     *
     * @throws UnsupportedException if the kernel does not provide them, or if they contain an unknown kind
     * @throws LinuxException EACCES if this process may not read them
     */
    public static synchronized KernelTypes ofKernel() {
        KernelTypes types = known.get();
        if (types == null) {
            types = read(FILE);
            known = new SoftReference<>(types);
        }
        return types;
    }

    static KernelTypes read(Path file) {
        try {
            return new KernelTypes(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder()));
        } catch (AccessDeniedException e) {
            LinuxException failure = new LinuxException("read " + file, Errno.EACCES.number());
            failure.initCause(e);
            throw failure;
        } catch (NoSuchFileException e) {
            LinuxException failure = new LinuxException(
                    "read " + file,
                    Errno.ENOENT.number(),
                    "this kernel has no information about its types (CONFIG_DEBUG_INFO_BTF)");
            failure.initCause(e);
            throw new UnsupportedException(failure);
        } catch (IOException e) {
            throw new UncheckedIOException("read " + file, e);
        }
    }

    /**
     * Returns the offset in bytes of a member of a struct, or of an unnamed struct or union inside it.
     *
     * @throws UnsupportedException if there is no such struct, or it has no such member
     */
    int offset(String struct, String member) {
        return member(struct, member).bits / Byte.SIZE;
    }

    /**
     * Returns the position of a bit field of a struct.
     *
     * @throws UnsupportedException if there is no such struct, or it has no such bit field within one byte
     */
    BitField bitField(String struct, String member) {
        Member found = member(struct, member);
        int shift = found.bits % Byte.SIZE;
        if (found.size == 0 || shift + found.size > Byte.SIZE) {
            throw unknown("bit field " + member + " of struct " + struct);
        }
        // On big-endian machines the first bit field is in the high bits of the byte.
        int low = bytes.order() == ByteOrder.LITTLE_ENDIAN ? shift : Byte.SIZE - shift - found.size;
        return new BitField(found.bits / Byte.SIZE, low, (1 << found.size) - 1);
    }

    /**
     * Returns the type id of a function, by which programs call it.
     *
     * @throws UnsupportedException if there is no such function
     */
    int function(String function) {
        return functions.computeIfAbsent(function, this::findFunction);
    }

    private int findFunction(String function) {
        byte[] name = function.getBytes(StandardCharsets.US_ASCII);
        for (int id = 1; id < places.length; id++) {
            if (kind(places[id]) == FUNCTION && hasName(bytes.getInt(places[id]), name)) {
                return id;
            }
        }
        throw unknown("function " + function);
    }

    /** Returns whether there is an enumeration of this name with this enumerator. */
    public boolean hasEnumerator(String enumeration, String enumerator) {
        byte[] name = enumeration.getBytes(StandardCharsets.US_ASCII);
        byte[] wanted = enumerator.getBytes(StandardCharsets.US_ASCII);
        for (int id = 1; id < places.length; id++) {
            int kind = kind(places[id]);
            if ((kind == ENUM || kind == LONG_ENUM)
                    && hasName(bytes.getInt(places[id]), name)
                    && hasEnumerator(places[id], kind == ENUM ? ENUMERATOR : LONG_ENUMERATOR, wanted)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasEnumerator(int enumeration, int size, byte[] enumerator) {
        for (int i = 0; i < length(enumeration); i++) {
            if (hasName(bytes.getInt(enumeration + TYPE + i * size), enumerator)) {
                return true;
            }
        }
        return false;
    }

    private Member member(String struct, String member) {
        return members.computeIfAbsent(struct + " " + member, _ -> findMember(struct, member));
    }

    private Member findMember(String struct, String member) {
        byte[] name = struct.getBytes(StandardCharsets.US_ASCII);
        for (int id = 1; id < places.length; id++) {
            if (kind(places[id]) == STRUCT && hasName(bytes.getInt(places[id]), name)) {
                Optional<Member> found = find(places[id], member.getBytes(StandardCharsets.US_ASCII));
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw unknown("member " + member + " of struct " + struct);
    }

    private static UnsupportedException unknown(String what) {
        return new UnsupportedException(new LinuxException(
                what,
                Errno.ENOENT.number(),
                "this kernel's structures and functions differ from those that qlease knows"));
    }

    private Optional<Member> find(int struct, byte[] member) {
        boolean bitFields = bytes.getInt(struct + 4) < 0;
        for (int i = 0; i < length(struct); i++) {
            int at = struct + TYPE + i * MEMBER;
            int place = bytes.getInt(at + 8);
            int offset = bitFields ? place & 0xff_ffff : place;
            if (hasName(bytes.getInt(at), member)) {
                return Optional.of(new Member(offset, bitFields ? place >>> 24 : 0));
            }
            if (bytes.getInt(at) == 0) {
                int inner = places[bytes.getInt(at + 4)];
                if (kind(inner) == STRUCT || kind(inner) == UNION) {
                    Optional<Member> within = find(inner, member);
                    if (within.isPresent()) {
                        return Optional.of(new Member(offset + within.get().bits, within.get().size));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private int kind(int at) {
        return bytes.getInt(at + 4) >>> 24 & 0x1f;
    }

    private int length(int at) {
        return bytes.getInt(at + 4) & 0xffff;
    }

    private int next(int at) {
        return at + TYPE + behind(kind(at), length(at));
    }

    /** Returns the number of bytes after struct btf_type for a type of this kind and length. */
    private static int behind(int kind, int length) {
        return switch (kind) {
            case 1, 14, 17 -> 4;
            case 3 -> 12;
            case STRUCT, UNION, 15 -> 12 * length;
            case ENUM -> ENUMERATOR * length;
            case LONG_ENUM -> LONG_ENUMERATOR * length;
            case 13 -> 8 * length;
            case 2, 7, 8, 9, 10, 11, 12, 16, 18 -> 0;
            default ->
                throw new UnsupportedException(new LinuxException(
                        "read " + FILE, Errno.EOPNOTSUPP.number(), "type information of unknown kind " + kind));
        };
    }

    private boolean hasName(int offset, byte[] name) {
        int at = strings + offset;
        for (int i = 0; i < name.length; i++) {
            if (bytes.get(at + i) != name[i]) {
                return false;
            }
        }
        return bytes.get(at + name.length) == 0;
    }
}
