package dev.qlease.netlink;

import dev.qlease.netlink.AttributePrinter.Found;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request as it was sent, for naming what the kernel objects to.
 *
 * @param operation what was asked for
 * @param about the thing it was asked for; empty if nobody said
 * @param message all of it, with its netlink header
 */
record RequestImage(Operation operation, String about, MemorySegment message) {
    /** What was asked for, and for which thing, as error messages begin. */
    String title() {
        return about.isEmpty() ? operation.name() : operation.name() + " " + about;
    }

    private int attributesAt() {
        return NetlinkMessage.HEADER + (operation.headerSize() + 3 & ~3);
    }

    private MemorySegment attributes() {
        return message.asSlice(Math.min(attributesAt(), message.byteSize()));
    }

    /** The path of the attribute at {@code offset}, counted as the kernel does from the start of the message. */
    Optional<String> path(int offset) {
        return Optional.ofNullable(find(offset)).map(Found::path);
    }

    private @Nullable Found find(int offset) {
        return AttributePrinter.find(
                operation.request(), attributes(), Integer.toUnsignedLong(offset) - attributesAt());
    }

    /** The path of attribute {@code type}, which should have been in the nest at {@code nest}, or at the top. */
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
