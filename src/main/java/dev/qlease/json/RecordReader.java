package dev.qlease.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads records from text that {@link RecordWriter#text} wrote. Strict: a member that is missing, unknown, duplicate or
 * of another type makes the text invalid, and the error names it.
 */
public final class RecordReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final BigInteger MOST_UNSIGNED = BigInteger.ONE.shiftLeft(Long.SIZE);

    private RecordReader() {}

    /** Thrown if a member is invalid. */
    private static final class MemberException extends RuntimeException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        MemberException(String path, String problem) {
            super("member " + path + " " + problem);
        }

        /** Wraps the exception of a record's constructor. */
        MemberException(String path, @Nullable Throwable refusal) {
            super(
                    (path.isEmpty() ? "" : "member " + path + ": ") + (refusal == null ? "" : refusal.getMessage()),
                    refusal);
        }
    }

    /**
     * Reads a record. Components may be numbers, booleans, strings, instants, enums, {@link Text}, records, sealed
     * interfaces of records, and lists and Optionals of these.
     *
     * @throws IOException if the text is invalid; the message contains the position of the JSON error or the name of
     *     the member
     */
    public static <T extends Record> T read(Class<T> type, String text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            Object parsed = parse(json);
            if (json.nextToken() != null) {
                throw new IOException("unexpected text after its end, at " + place(json));
            }
            return type.cast(makeRecord(type, "", parsed));
        } catch (JacksonException e) {
            throw new IOException("invalid " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        } catch (MemberException e) {
            throw new IOException("invalid " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    private static String place(JsonParser json) {
        return "line " + json.currentLocation().getLineNr() + ", column "
                + json.currentLocation().getColumnNr();
    }

    /** Returns the value as a map, list, string, integer or boolean. */
    private static Object parse(JsonParser json) throws IOException {
        JsonToken token = json.currentToken();
        return switch (token) {
            case START_OBJECT -> parseMembers(json);
            case START_ARRAY -> parseElements(json);
            case VALUE_NUMBER_INT -> json.getBigIntegerValue();
            case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
            case VALUE_STRING -> json.getText();
            case null -> throw new IOException("it ends too early, at " + place(json));
            default -> throw new IOException("unexpected " + json.getText() + " at " + place(json));
        };
    }

    private static Map<String, Object> parseMembers(JsonParser json) throws IOException {
        Map<String, Object> members = new HashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            members.put(name, parse(json));
        }
        return members;
    }

    private static List<Object> parseElements(JsonParser json) throws IOException {
        List<Object> values = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            values.add(parse(json));
        }
        return values;
    }

    private static Object make(Type type, String path, @Nullable Object parsed) {
        if (type == OptionalInt.class) {
            return parsed == null ? OptionalInt.empty() : OptionalInt.of(makeInt(path, parsed));
        }
        if (type == OptionalLong.class) {
            return parsed == null ? OptionalLong.empty() : OptionalLong.of(makeLong(path, parsed));
        }
        if (type instanceof ParameterizedType generic) {
            return makeGeneric(generic, path, parsed);
        }
        if (parsed == null) {
            throw new MemberException(path, "is missing");
        }
        return makeSingle((Class<?>) type, path, parsed);
    }

    private static Object makeGeneric(ParameterizedType type, String path, @Nullable Object parsed) {
        Type inner = type.getActualTypeArguments()[0];
        if (type.getRawType() == Optional.class) {
            return parsed == null ? Optional.empty() : Optional.of(make(inner, path, parsed));
        }
        if (type.getRawType() != List.class) {
            throw new IllegalArgumentException("values of " + type + " cannot be read");
        }
        if (parsed == null) {
            throw new MemberException(path, "is missing");
        }
        List<Object> values = new ArrayList<>();
        for (Object each : as(List.class, "a list", path, parsed)) {
            values.add(make(inner, path + "[" + values.size() + "]", each));
        }
        return values;
    }

    private static Object makeSingle(Class<?> type, String path, Object parsed) {
        if (type == int.class || type == Integer.class) {
            return makeInt(path, parsed);
        }
        if (type == long.class || type == Long.class) {
            return makeLong(path, parsed);
        }
        if (type == boolean.class || type == Boolean.class) {
            return as(Boolean.class, "true or false", path, parsed);
        }
        if (type == String.class) {
            return as(String.class, "a string", path, parsed);
        }
        if (type == Instant.class) {
            return makeInstant(path, as(String.class, "a time", path, parsed));
        }
        if (type.isEnum()) {
            return makeEnum(type, path, as(String.class, "a string", path, parsed));
        }
        if (Text.class.isAssignableFrom(type)) {
            return construct(type, path, new Class<?>[] {String.class}, as(String.class, "a string", path, parsed));
        }
        return type.isSealed() ? makeKind(type, path, parsed) : makeRecord(type, path, parsed);
    }

    private static <T> T as(Class<T> type, String wanted, String path, Object parsed) {
        if (!type.isInstance(parsed)) {
            throw new MemberException(path, "is " + parsed + ", which is not " + wanted);
        }
        return type.cast(parsed);
    }

    private static int makeInt(String path, Object parsed) {
        BigInteger number = as(BigInteger.class, "a number", path, parsed);
        if (number.bitLength() >= Integer.SIZE) {
            throw new MemberException(path, "is " + number + ", which is out of range");
        }
        return number.intValue();
    }

    /** Returns a 64-bit number, signed or unsigned. */
    private static long makeLong(String path, Object parsed) {
        BigInteger number = as(BigInteger.class, "a number", path, parsed);
        if (number.compareTo(MOST_UNSIGNED) >= 0 || (number.signum() < 0 && number.bitLength() >= Long.SIZE)) {
            throw new MemberException(path, "is " + number + ", which is out of range");
        }
        return number.longValue();
    }

    private static Instant makeInstant(String path, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new MemberException(path, "is " + text + ", which is not a time such as 2026-01-31T23:59:59Z");
        }
    }

    private static Object makeEnum(Class<?> type, String path, String name) {
        for (Object constant : Objects.requireNonNull(type.getEnumConstants())) {
            if (constant.toString().equals(name)) {
                return constant;
            }
        }
        throw new MemberException(path, "is " + name + ", which is not a " + type.getSimpleName());
    }

    /** Returns a record of a sealed interface; the member named after the interface holds the record's type. */
    private static Object makeKind(Class<?> type, String path, Object parsed) {
        Map<?, ?> members = as(Map.class, "an object", path, parsed);
        String member = RecordWriter.kindMember(type);
        Object name = members.get(member);
        for (Class<?> kind : type.getPermittedSubclasses()) {
            if (kind.getSimpleName().equals(name)) {
                Map<Object, Object> rest = new HashMap<>(members);
                rest.remove(member);
                return makeRecord(kind, path, rest);
            }
        }
        throw new MemberException(inside(path, member), "is " + name + ", which is not a known kind");
    }

    private static String inside(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static Object makeRecord(Class<?> type, String path, Object parsed) {
        Map<?, ?> members = as(Map.class, "an object", path, parsed);
        List<Component> components = Component.of(type);
        Class<?>[] types = new Class<?>[components.size()];
        Object[] values = new Object[types.length];
        Set<Object> unknown = new LinkedHashSet<>(members.keySet());
        for (int i = 0; i < types.length; i++) {
            Component component = components.get(i);
            types[i] = component.accessor().getReturnType();
            values[i] = make(
                    component.accessor().getGenericReturnType(),
                    inside(path, component.name()),
                    members.get(component.name()));
            unknown.remove(component.name());
        }
        for (Object name : unknown) {
            throw new MemberException(inside(path, name.toString()), "is unknown");
        }
        return construct(type, path, types, values);
    }

    private static Object construct(Class<?> type, String path, Class<?>[] types, Object... values) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new MemberException(path, e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("values of " + type + " cannot be read", e);
        }
    }
}
