package dev.qlease.lease;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of this package as JSON and back: a record is an object of its components, an empty Optional is left out, and
 * one of several kinds of {@link Undo} says which in {@code undo}.
 */
final class StateJson {
    private static final JsonFactory JSON = new JsonFactory();
    private static final String KIND = "undo";

    /** Kept, since Java makes a record's components, and what their accessors take to be called, anew for each who asks. */
    private static final Map<Class<?>, RecordComponent[]> COMPONENTS = new ConcurrentHashMap<>();

    private StateJson() {}

    static String write(Record value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            writeValue(json, value);
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text + "\n";
    }

    /** No switch over types: what Java sets up for one takes a starting process as long as writing all of a lease. */
    @SuppressWarnings("IfChainToSwitch")
    private static void writeValue(JsonGenerator json, Object value) throws IOException {
        if (value instanceof Record composite) {
            writeRecord(json, composite);
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            for (Object each : list) {
                writeValue(json, each);
            }
            json.writeEndArray();
        } else if (value instanceof OptionalLong number) {
            json.writeNumber(number.getAsLong());
        } else if (value instanceof Optional<?> optional) {
            writeValue(json, optional.orElseThrow());
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value instanceof Number number) {
            json.writeNumber(number.longValue());
        } else {
            json.writeString(value.toString());
        }
    }

    private static void writeRecord(JsonGenerator json, Record composite) throws IOException {
        json.writeStartObject();
        if (composite instanceof Undo) {
            json.writeStringField(KIND, composite.getClass().getSimpleName());
        }
        for (RecordComponent component : components(composite.getClass())) {
            Object value = component(composite, component);
            if (!isEmpty(value)) {
                json.writeFieldName(component.getName());
                writeValue(json, value);
            }
        }
        json.writeEndObject();
    }

    private static RecordComponent[] components(Class<?> type) {
        return COMPONENTS.computeIfAbsent(type, Class::getRecordComponents);
    }

    private static boolean isEmpty(Object value) {
        return (value instanceof Optional<?> optional && optional.isEmpty())
                || (value instanceof OptionalLong number && number.isEmpty());
    }

    private static Object component(Record composite, RecordComponent component) {
        try {
            return component.getAccessor().invoke(composite);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record of this package does not tell its " + component.getName(), e);
        }
    }

    /**
     * Reads a record of {@code type}.
     *
     * @throws IOException if the text is none
     */
    static <T extends Record> T read(Class<T> type, String text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            return type.cast(make(type, parse(json)));
        } catch (ReflectiveOperationException | ClassCastException | IllegalArgumentException e) {
            throw new IOException("no " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /** Maps, lists, strings, longs and booleans. */
    private static Object parse(JsonParser json) throws IOException {
        JsonToken token = json.currentToken();
        return switch (token) {
            case START_OBJECT -> parseFields(json);
            case START_ARRAY -> parseElements(json);
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
            case VALUE_STRING -> json.getText();
            case null, default -> throw new IOException("unexpected " + token + " at " + json.currentLocation());
        };
    }

    private static Map<String, Object> parseFields(JsonParser json) throws IOException {
        Map<String, Object> fields = new HashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            fields.put(name, parse(json));
        }
        return fields;
    }

    private static List<Object> parseElements(JsonParser json) throws IOException {
        List<Object> values = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            values.add(parse(json));
        }
        return values;
    }

    private static Object make(Type type, @Nullable Object parsed) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) {
            Type inner = generic.getActualTypeArguments()[0];
            return generic.getRawType() == List.class ? makeList(inner, parsed) : makeOptional(inner, parsed);
        }
        if (type == OptionalLong.class) {
            return parsed == null ? OptionalLong.empty() : OptionalLong.of((Long) parsed);
        }
        if (parsed == null) {
            throw new IllegalArgumentException("something is missing of " + type);
        }
        if (type == int.class || type == Integer.class) {
            return Math.toIntExact((Long) parsed);
        }
        if (type == Instant.class) {
            return Instant.parse((String) parsed);
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isEnum()) {
            return makeEnum(plain, (String) parsed);
        }
        return plain == Undo.class || plain == Undo.Shared.class || plain.isRecord()
                ? makeRecord(plain, (Map<?, ?>) parsed)
                : parsed;
    }

    private static Object makeOptional(Type inner, @Nullable Object parsed) throws ReflectiveOperationException {
        return parsed == null ? Optional.empty() : Optional.of(make(inner, parsed));
    }

    private static List<Object> makeList(Type inner, @Nullable Object parsed) throws ReflectiveOperationException {
        List<Object> values = new ArrayList<>();
        for (Object each : parsed == null ? List.of() : (List<?>) parsed) {
            values.add(make(inner, each));
        }
        return values;
    }

    private static Object makeEnum(Class<?> type, String name) {
        for (Object constant : type.getEnumConstants()) {
            if (constant.toString().equals(name)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("no " + type.getSimpleName() + " is called " + name);
    }

    private static Object makeRecord(Class<?> type, Map<?, ?> fields) throws ReflectiveOperationException {
        Class<?> kind = type.isRecord() ? type : kind(fields.get(KIND));
        RecordComponent[] components = components(kind);
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = make(components[i].getGenericType(), fields.get(components[i].getName()));
        }
        return kind.getDeclaredConstructor(types).newInstance(values);
    }

    private static Class<?> kind(@Nullable Object name) {
        for (Class<?> nested : Undo.class.getDeclaredClasses()) {
            if (nested.isRecord() && nested.getSimpleName().equals(name)) {
                return nested;
            }
        }
        throw new IllegalArgumentException("no kind of undoing is called " + name);
    }
}
