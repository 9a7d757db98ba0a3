package dev.qlease.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.UnknownAttribute;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/**
 * Writes records as JSON objects. Members are named after the components, in the kernel's spelling ({@code napi-id} for
 * {@code napiId}).
 *
 * <ul>
 *   <li>An empty Optional is left out.
 *   <li>An {@code int} is signed and a {@code long} unsigned, as in the records of the netlink families.
 *   <li>A named value is written as its name, flags as an array of names, a value without a name as a number.
 *   <li>A record of a sealed interface has a member with its type, named after the interface.
 * </ul>
 *
 * <p>Kernel messages are written in a brief form, like that of the kernel's own client:
 *
 * <ul>
 *   <li>Empty lists, and flags that are not set, are left out.
 *   <li>Attributes without a name are written under their numbers, with their payload in hexadecimal.
 *   <li>An {@code ifindex} is followed by the {@code ifname}, unless the device is in another namespace.
 * </ul>
 */
public final class RecordWriter {
    /** Names that are not UTF-8 contain unpaired surrogates, which JSON can only represent escaped. */
    private static final JsonFactory ASCII =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /** The component that holds the attributes without a name. */
    private static final String UNKNOWN = "unknown";

    private static final String IFINDEX = "ifindex";
    private static final String IFNAME = "ifname";

    private final JsonGenerator json;
    private final boolean isBrief;
    private final IntFunction<Optional<String>> names;

    private RecordWriter(JsonGenerator json, boolean isBrief, IntFunction<Optional<String>> names) {
        this.json = json;
        this.isBrief = isBrief;
        this.names = names;
    }

    /** Returns a writer of complete records to {@code json}. */
    public static RecordWriter whole(JsonGenerator json) {
        return new RecordWriter(json, false, _ -> Optional.empty());
    }

    /**
     * Returns a writer of kernel messages in their brief form.
     *
     * @param json the generator to write to
     * @param names returns the name of a device by its ifindex
     */
    public static RecordWriter brief(JsonGenerator json, IntFunction<Optional<String>> names) {
        return new RecordWriter(json, true, names);
    }

    /** Returns {@code value} as lines of JSON, which {@link RecordReader} reads back. */
    public static String text(Record value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = ASCII.createGenerator(text)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            whole(json).write(value);
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text + "\n";
    }

    /** Returns the name of the member that holds the type of an object of the sealed interface {@code kinds}. */
    static String kindMember(Class<?> kinds) {
        String name = Component.kebab(kinds.getSimpleName());
        return name.substring(1);
    }

    /** Writes {@code value} as an object. */
    public void write(Record value) throws IOException {
        json.writeStartObject();
        writeFields(value);
        json.writeEndObject();
    }

    private void writeFields(Record value) throws IOException {
        if (!isBrief) {
            writeKind(value.getClass());
        }
        List<Component> layout = Component.of(value.getClass());
        for (Component component : layout) {
            Object field = component.of(value);
            if (isBrief && component.name().equals(UNKNOWN)) {
                writeUnknown((List<?>) field);
                continue;
            }
            writeField(component.name(), field);
            if (isBrief && component.name().equals(IFINDEX) && isHere(layout, value)) {
                writeName(field);
            }
        }
    }

    private void writeKind(Class<?> type) throws IOException {
        for (Class<?> kinds : type.getInterfaces()) {
            if (kinds.isSealed()) {
                json.writeStringField(kindMember(kinds), type.getSimpleName());
            }
        }
    }

    /** Returns whether the ifindex of {@code value} belongs to this namespace and the record has no name of its own. */
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

    // No pattern switch here and below: it costs a starting process as much time as writing a hundred records.

    private boolean isAbsent(Object field) {
        return (field instanceof Optional<?> optional && optional.isEmpty())
                || (field instanceof OptionalInt number && number.isEmpty())
                || (field instanceof OptionalLong wide && wide.isEmpty())
                || (isBrief && field instanceof List<?> list && list.isEmpty())
                || (isBrief && field instanceof Boolean flag && !flag);
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
        } else if (value instanceof Text text) {
            json.writeString(text.text());
        } else if (value instanceof Record nested) {
            write(nested);
        } else if (value instanceof Optional<?> optional) {
            writeValue(optional.orElseThrow());
        } else if (value instanceof List<?> list) {
            writeList(list);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(map);
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value instanceof Double number) {
            json.writeNumber(number);
        } else {
            json.writeString(value.toString());
        }
    }

    private void writeMap(Map<?, ?> map) throws IOException {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            json.writeFieldName(entry.getKey().toString());
            writeValue(entry.getValue());
        }
        json.writeEndObject();
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
        // Attributes without a name are members, not elements: such lists are written as objects.
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
