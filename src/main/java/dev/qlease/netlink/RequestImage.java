package dev.qlease.netlink;

import dev.qlease.netlink.AttributePrinter.Found;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request as it was sent, for naming the attribute to which the kernel objects.
 *
 * @param operation the operation
 * @param about the subject; empty if it was not named
 * @param buffer the memory that begins with the message
 * @param length size of the message in bytes, with its netlink header
 */
record RequestImage(Operation operation, String about, MemorySegment buffer, long length) {
    /** Returns the operation and its subject, with which error messages begin. */
    String title() {
        return about.isEmpty() ? operation.name() : operation.name() + " " + about;
    }

    /** Returns the whole message. */
    MemorySegment message() {
        return buffer.asSlice(0, length);
    }

    private int attributesAt() {
        return NetlinkMessage.HEADER + (operation.headerSize() + 3 & ~3);
    }

    private MemorySegment attributes() {
        return message().asSlice(Math.min(attributesAt(), length));
    }

    /**
     * Returns the path of the attribute at {@code offset}, counted like the kernel does from the start of the message.
     */
    Optional<String> path(int offset) {
        return Optional.ofNullable(find(offset)).map(Found::path);
    }

    private @Nullable Found find(int offset) {
        return AttributePrinter.find(
                operation.request(), attributes(), Integer.toUnsignedLong(offset) - attributesAt());
    }

    /** Returns the path of the missing attribute {@code type} in the nest at {@code nest}, or at the top level. */
    String missing(int type, OptionalInt nest) {
        if (nest.isEmpty()) {
            return operation.request().nameOf(type);
        }
        Found found = find(nest.getAsInt());
        if (found == null) {
            return "attribute " + type;
        }
        AttributeSet inside = found.inside();
        return found.path() + "." + (inside == null ? "attribute " + type : inside.nameOf(type));
    }

    @Override
    public String toString() {
        return title() + " " + AttributePrinter.print(operation.request(), attributes());
    }
}
