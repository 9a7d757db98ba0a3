package dev.qlease.json;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.List;

/**
 * A component of a record, under the kernel's name for it.
 *
 * @param name the attribute's name, such as {@code napi-id}
 * @param accessor the method that reads it
 */
public record Component(String name, Method accessor) {
    private static final ClassValue<List<Component>> LAYOUTS = new ClassValue<>() {
        @Override
        protected List<Component> computeValue(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            Component[] layout = new Component[components.length];
            for (int i = 0; i < layout.length; i++) {
                Method accessor = components[i].getAccessor();
                // Records of other packages need not be public.
                accessor.setAccessible(true);
                layout[i] = new Component(kebab(components[i].getName()), accessor);
            }
            return List.of(layout);
        }
    };

    /** Returns the components of the record {@code type}, in the order of their declaration. */
    public static List<Component> of(Class<?> type) {
        return LAYOUTS.get(type);
    }

    /** Returns the value of this component in {@code value}. */
    public Object of(Record value) {
        try {
            return accessor.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record's component cannot be read: " + accessor, e);
        }
    }

    /** Returns {@code napi-id} for {@code napiId}. */
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
