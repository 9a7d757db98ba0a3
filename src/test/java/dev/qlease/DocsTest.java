package dev.qlease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;

/** The Java that the documentation shows compiles, and its dependency is this project. */
class DocsTest {
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Path EXAMPLES = Path.of("src/examples/java/dev/qlease/examples");
    private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");
    private static final Pattern CLASS_NAME = Pattern.compile("class (\\w+)");

    private static final Path JAVA_PAGE = Path.of("src/docs/java.md");
    private static final Pattern SNIPPET = Pattern.compile("```xml\n(.*?)```", Pattern.DOTALL);

    @TempDir
    private Path classes;

    @TestFactory
    List<DynamicTest> everyExampleCompiles() throws Exception {
        List<String> sources = Stream.of(Path.of("README.md"), JAVA_PAGE)
                .flatMap(page -> examples(page).stream())
                .toList();
        assertThat(sources).hasSizeGreaterThanOrEqualTo(5);
        return sources.stream()
                .map(source -> DynamicTest.dynamicTest(className(source), () -> compile(source)))
                .toList();
    }

    /** They are run as well, from there. */
    @TestFactory
    List<DynamicTest> everyExampleIsTheOneInSrcExamples() {
        return Stream.of(Path.of("README.md"), JAVA_PAGE)
                .flatMap(page -> examples(page).stream())
                .map(shown -> DynamicTest.dynamicTest(className(shown), () -> {
                    String file = Files.readString(EXAMPLES.resolve(className(shown) + ".java"));
                    assertThat(withoutSpace(file)).isEqualTo("packagedev.qlease.examples;" + withoutSpace(shown));
                    assertThat(shown.lines()).hasSizeLessThan(45);
                }))
                .toList();
    }

    @Test
    void theDependencyIsThisProject() throws Exception {
        Element project = parse(Files.readString(Path.of("pom.xml")));
        Matcher snippet = SNIPPET.matcher(Files.readString(JAVA_PAGE));
        assertThat(snippet.find()).as("a dependency in java.md").isTrue();
        Element dependency = parse(snippet.group(1));
        for (String name : List.of("groupId", "artifactId", "version")) {
            assertThat(child(dependency, name)).as(name).isEqualTo(child(project, name));
        }
    }

    private static List<String> examples(Path page) {
        try {
            return EXAMPLE.matcher(Files.readString(page))
                    .results()
                    .map(example -> example.group(1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Element parse(String xml) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)))
                .getDocumentElement();
    }

    /** Returns the text of the one element of this name directly below {@code parent}. */
    private static String child(Element parent, String name) {
        List<String> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeName().equals(name)) {
                found.add(node.getTextContent());
            }
        }
        assertThat(found).as(name + " of " + parent.getNodeName()).hasSize(1);
        return found.getFirst();
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
