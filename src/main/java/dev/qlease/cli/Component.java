package dev.qlease.cli;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.List;

/**
 * A component of a record, under the kernel's name for it.
 *
 * @param name the attribute's name, such as {@code napi-id}
 * @param accessor reads it
 */
record Component(String name, Method accessor) {
    private static final ClassValue<List<Component>> LAYOUTS = new ClassValue<>() {
        @Override
        protected List<Component> computeValue(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            Component[] layout = new Component[components.length];
            for (int i = 0; i < layout.length; i++) {
                layout[i] = new Component(kebab(components[i].getName()), components[i].getAccessor());
            }
            return List.of(layout);
        }
    };

    /** The components of {@code type}, a record, in its order. */
    static List<Component> of(Class<?> type) {
        return LAYOUTS.get(type);
    }

    /** What {@code value} has there. */
    Object of(Record value) {
        try {
            return accessor.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record's component cannot be read: " + accessor, e);
        }
    }

    /** {@code napi-id} for {@code napiId}. */
    static String kebab(String camel) {
        StringBuilder kebab = new StringBuilder(camel.length() + 4);
        for (int i = 0; i < camel.length(); i++) {
            char c = camel.charAt(i);
            if (Character.isUpperCase(c)) {
                kebab.append('-').append(Character.toLowerCase(c));
            } else {
                kebab.append(c);
            }
        }
        return kebab.toString();
    }
}
