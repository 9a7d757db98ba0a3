package dev.qlease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The Java that README.md shows is Java. */
class ReadmeTest {
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");
    private static final Pattern CLASS_NAME = Pattern.compile("class (\\w+)");

    @TempDir
    private Path classes;

    @TestFactory
    List<DynamicTest> everyExampleCompiles() throws Exception {
        Matcher examples = EXAMPLE.matcher(Files.readString(Path.of("README.md")));
        List<String> sources =
                examples.results().map(example -> example.group(1)).toList();
        assertThat(sources).isNotEmpty();
        return sources.stream()
                .map(source -> DynamicTest.dynamicTest(className(source), () -> compile(source)))
                .toList();
    }

    @Test
    void theExampleWithAContainerIsTheOneThatTheTestsRun() throws Exception {
        Path source = Path.of("src/test/java/dev/qlease/containers/example/SendsFromAContainer.java");
        String example = Files.readString(source).replaceFirst("package .*\n\n", "");
        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + example + "```");
        assertThat(example.lines()).hasSizeLessThan(30);
    }

    /** It is run in the test machine from there. */
    @Test
    void theExampleOfNettyIsTheOneAmongTheTests() throws Exception {
        String tested = Files.readString(Path.of("src/test/java/dev/qlease/netty/ServeDeviceMemory.java"));
        String shown = withoutSpace(Files.readString(Path.of("README.md")));
        assertThat(shown.contains(withoutSpace(tested.substring(tested.indexOf("class ")))))
                .as("README.md shows ServeDeviceMemory")
                .isTrue();
    }

    private static String withoutSpace(String text) {
        return WHITE_SPACE.matcher(text).replaceAll("");
    }

    private static String className(String source) {
        Matcher name = CLASS_NAME.matcher(source);
        assertThat(name.find()).as("a class in the example").isTrue();
        return name.group(1);
    }

    private void compile(String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter complaints = new StringWriter();
        boolean compiled = compiler.getTask(
                        complaints,
                        null,
                        null,
                        List.of("-Xlint:all", "-Werror", "-d", classes.toString(), "-proc:none"),
                        null,
                        List.of(new Source(className(source), source)))
                .call();
        assertThat(compiled).as(complaints.toString()).isTrue();
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
