package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;

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
        return Optional.ofNullable(
                AttributePrinter.path(operation.request(), attributes(), (long) offset - attributesAt()));
    }

    /** The path of attribute {@code type}, which should have been in the nest at {@code nest}, or at the top. */
    String missing(int type, OptionalInt nest) {
        if (nest.isEmpty()) {
            return operation.request().nameOf(type);
        }
        AttributeSet inside =
                AttributePrinter.nestAt(operation.request(), attributes(), (long) nest.getAsInt() - attributesAt());
        return path(nest.getAsInt()).map(path -> path + ".").orElse("")
                + (inside == null ? "attribute " + type : inside.nameOf(type));
    }

    @Override
    public String toString() {
        return title() + " " + AttributePrinter.print(operation.request(), attributes());
    }
}
