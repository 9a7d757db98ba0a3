package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.resource.v1.OpaqueDeviceConfiguration;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.ObjectMapper;

/** A strict reader of Kubernetes objects: refuses keys that occur twice, and kinds and fields that do not exist. */
final class Manifests {
    private static final KubernetesSerialization MODEL = new KubernetesSerialization();
    private static final LoadSettings STRICT =
            LoadSettings.builder().setAllowDuplicateKeys(false).build();
    private static final Pattern TEMPLATE =
            Pattern.compile("\\{\\{ \\.(Values|Release|Chart)((?:\\.\\w+)+)( \\| toJson)? }}");

    private Manifests() {}

    /** Returns the documents of a file. */
    static List<Object> documents(String yaml) {
        List<Object> documents = new ArrayList<>();
        new Load(STRICT).loadAllFromString(yaml).forEach(documents::add);
        return documents;
    }

    static List<HasMetadata> objects(Path file) throws IOException {
        return objects(Files.readString(file));
    }

    static List<HasMetadata> objects(String yaml) {
        List<HasMetadata> objects = new ArrayList<>();
        for (Object document : documents(yaml)) {
            HasMetadata object = MODEL.unmarshal(new ObjectMapper().writeValueAsString(document));
            assertThat(object).as(String.valueOf(document)).isNotInstanceOf(GenericKubernetesResource.class);
            requireKnown(object, object.getKind());
            objects.add(object);
        }
        return objects;
    }

    /** The model keeps fields that it does not know among the additional properties of an object. */
    private static void requireKnown(Object value, String at) {
        switch (value) {
            case Collection<?> items -> items.forEach(item -> requireKnown(item, at + "[]"));
            case Map<?, ?> map -> map.forEach((key, member) -> requireKnown(member, at + "." + key));
            // The parameters of a driver are of any form.
            case OpaqueDeviceConfiguration _ -> assertThat(value).isNotNull();
            case Object model
            when model.getClass().getPackageName().startsWith("io.fabric8") && !(model instanceof Enum) ->
                fields(model.getClass()).forEach(field -> requireKnown(model, field, at));
            default -> assertThat(value).as(at).isNotNull();
        }
    }

    private static void requireKnown(Object model, Field field, String at) {
        try {
            field.setAccessible(true);
            Object value = field.get(model);
            if (field.getName().equals("additionalProperties")) {
                assertThat((Map<?, ?>) value).as("unknown fields at " + at).isNullOrEmpty();
            } else if (value != null) {
                requireKnown(value, at + "." + field.getName());
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static Stream<Field> fields(Class<?> model) {
        return Stream.<Class<?>>iterate(model, type -> type != Object.class, Class::getSuperclass)
                .flatMap(type -> Stream.of(type.getDeclaredFields()))
                .filter(field -> !Modifier.isStatic(field.getModifiers()));
    }

    /**
     * Renders a template of a chart. Debian has no helm, so the templates use nothing but values, as they are or as
     * JSON, and all else in braces is refused here: what this renders, helm renders the same.
     *
     * @param objects the objects of helm by their names, such as Values
     */
    static String render(String template, Map<String, Object> objects) {
        String rendered = TEMPLATE.matcher(template).replaceAll(found -> {
            Object value = objects.get(found.group(1));
            for (String key : found.group(2).substring(1).split("\\.")) {
                assertThat(value).as(found.group()).isInstanceOf(Map.class);
                assertThat(((Map<?, ?>) value).containsKey(key))
                        .as(found.group())
                        .isTrue();
                value = ((Map<?, ?>) value).get(key);
            }
            String text = found.group(3) != null ? new ObjectMapper().writeValueAsString(value) : value.toString();
            return Matcher.quoteReplacement(text);
        });
        assertThat(rendered).doesNotContain("{{");
        return rendered;
    }
}
