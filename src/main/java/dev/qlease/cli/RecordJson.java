package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.UnknownAttribute;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/**
 * Writes records as the kernel's own client shows the messages that they were read from: an object whose names are the
 * kernel's ({@code napi-id} for {@code napiId}).
 *
 * <ul>
 *   <li>What is absent is left out, and so are empty lists.
 *   <li>An {@code int} is signed, a {@code long} unsigned: so the families give them.
 *   <li>A value that has a name is that name, flags are an array of names, what has none stays a number.
 *   <li>Attributes without a name go under their numbers, in hexadecimal.
 *   <li>An {@code ifindex} is followed by the {@code ifname}, unless it is one of another namespace.
 * </ul>
 */
final class RecordJson {
    /** What holds the attributes that have no name. */
    private static final String UNKNOWN = "unknown";

    private static final String IFINDEX = "ifindex";
    private static final String IFNAME = "ifname";

    private final JsonGenerator json;
    private final IntFunction<Optional<String>> names;

    /**
     * Makes a writer.
     *
     * @param json what it writes to
     * @param names the name of a device by its ifindex
     */
    RecordJson(JsonGenerator json, IntFunction<Optional<String>> names) {
        this.json = json;
        this.names = names;
    }

    /** Writes {@code value} as an object. */
    void write(Record value) throws IOException {
        json.writeStartObject();
        writeFields(value);
        json.writeEndObject();
    }

    /** Writes the fields of {@code value} into the object that is open. */
    void writeFields(Record value) throws IOException {
        List<Component> layout = Component.of(value.getClass());
        for (Component component : layout) {
            Object field = component.of(value);
            if (component.name().equals(UNKNOWN)) {
                writeUnknown((List<?>) field);
                continue;
            }
            writeField(component.name(), field);
            if (component.name().equals(IFINDEX) && isHere(layout, value)) {
                writeName(field);
            }
        }
    }

    /** Whether the ifindex of {@code value} is of this namespace, and its name not among its own components. */
    private static boolean isHere(List<Component> layout, Record value) {
        for (Component component : layout) {
            if (component.name().equals(IFNAME)) {
                return false;
            }
            if (component.name().equals("netns-id")
                    && component.of(value) instanceof OptionalInt id
                    && id.isPresent()) {
                return false;
            }
        }
        return true;
    }

    private void writeName(Object ifindex) throws IOException {
        Optional<String> name = Optional.empty();
        if (ifindex instanceof Integer number) {
            name = names.apply(number);
        } else if (ifindex instanceof OptionalInt number && number.isPresent()) {
            name = names.apply(number.getAsInt());
        }
        if (name.isPresent()) {
            json.writeStringField(IFNAME, name.get());
        }
    }

    private void writeField(String name, Object field) throws IOException {
        if (!isAbsent(field)) {
            json.writeFieldName(name);
            writeValue(field);
        }
    }

    // In these two no switch over types, which costs a starting process as long as writing a hundred records.

    private static boolean isAbsent(Object field) {
        return (field instanceof Optional<?> optional && optional.isEmpty())
                || (field instanceof OptionalInt number && number.isEmpty())
                || (field instanceof OptionalLong wide && wide.isEmpty())
                || (field instanceof List<?> list && list.isEmpty())
                || (field instanceof Boolean flag && !flag);
    }

    private void writeUnknown(List<?> attributes) throws IOException {
        for (Object attribute : attributes) {
            if (attribute instanceof UnknownAttribute(int type, String payload)) {
                json.writeStringField(Integer.toString(type), payload);
            }
        }
    }

    @SuppressWarnings("IfChainToSwitch")
    private void writeValue(Object value) throws IOException {
        if (value instanceof Integer number) {
            json.writeNumber(number);
        } else if (value instanceof Long number) {
            writeUnsigned(number);
        } else if (value instanceof OptionalInt number) {
            json.writeNumber(number.orElseThrow());
        } else if (value instanceof OptionalLong number) {
            writeUnsigned(number.orElseThrow());
        } else if (value instanceof NamedValue named) {
            writeNamed(named);
        } else if (value instanceof Record nested) {
            write(nested);
        } else if (value instanceof Optional<?> optional) {
            writeValue(optional.orElseThrow());
        } else if (value instanceof List<?> list) {
            writeList(list);
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else {
            json.writeString(value.toString());
        }
    }

    private void writeUnsigned(long number) throws IOException {
        if (number >= 0) {
            json.writeNumber(number);
        } else {
            json.writeNumber(Long.toUnsignedString(number));
        }
    }

    private void writeNamed(NamedValue value) throws IOException {
        if (value.names().areFlags()) {
            writeList(value.names().flags(value.number()));
            return;
        }
        String name = value.text();
        if (name.equals(Long.toUnsignedString(value.number()))) {
            writeUnsigned(value.number());
        } else {
            json.writeString(name);
        }
    }

    private void writeList(List<?> list) throws IOException {
        // An attribute that nobody can name is a field, not an element: such lists are objects.
        if (!list.isEmpty() && list.getFirst() instanceof UnknownAttribute) {
            json.writeStartObject();
            writeUnknown(list);
            json.writeEndObject();
            return;
        }
        json.writeStartArray();
        for (Object element : list) {
            writeValue(element);
        }
        json.writeEndArray();
    }
}
