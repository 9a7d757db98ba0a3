import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Copies a jar, with its class files brought up to the format of Java 25; what they do stays the same.
 *
 * <p>Java's start-up cache holds no classes of a format before that of Java 6, which have no frames to be verified by:
 * loading them would take a process as long as all else that it does.
 */
final class UpgradeClassFiles {
    private static final String NOTE = "META-INF/qlease.txt";
    private static final String CHANGE = "The class files of this jar were brought up to the format of Java 25.\n";

    private UpgradeClassFiles() {}

    /** Copies the jar {@code args[0]} to {@code args[1]}. */
    public static void main(String[] args) throws IOException {
        Path from = Path.of(args[0]);
        Path to = Path.of(args[1]);
        Files.createDirectories(to.toAbsolutePath().getParent());
        try (URLClassLoader classes = new URLClassLoader(new URL[] {from.toUri().toURL()});
                ZipInputStream in = new ZipInputStream(Files.newInputStream(from));
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
            // The classes themselves are resources here and are never loaded.
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ConstantPoolSharingOption.NEW_POOL,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)));
            long time = 0;
            for (ZipEntry entry; (entry = in.getNextEntry()) != null; ) {
                byte[] content = in.readAllBytes();
                boolean old =
                        entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class");
                time = entry.getTime();
                add(out, entry.getName(), time, old ? upgraded(format, content) : content);
            }
            add(out, NOTE, time, CHANGE.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static byte[] upgraded(ClassFile format, byte[] content) {
        ClassTransform version = (builder, element) -> {
            if (element instanceof ClassFileVersion) {
                builder.withVersion(ClassFile.JAVA_25_VERSION, 0);
            } else {
                builder.with(element);
            }
        };
        // Methods are written anew, though as they were: only then are they given frames.
        ClassTransform methods = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        return format.transformClass(format.parse(content), version.andThen(methods));
    }

    private static void add(ZipOutputStream out, String name, long time, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(time);
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
    }
}
