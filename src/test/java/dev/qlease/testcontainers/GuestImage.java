package dev.qlease.testcontainers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The image that tests run containers of: a few folders and links and nothing else. The programs are this machine's
 * own, to be mounted read-only, so that nothing is pulled and no image is larger than a kilobyte.
 */
final class GuestImage {
    static final String NAME = "localhost/qlease-guest:latest";

    /** Where the command is; {@code mvn package} leaves it there. */
    static final Path HOME =
            Path.of(System.getProperty("qlease.home", "target/qlease")).toAbsolutePath();

    /** The folder with the command's start-up cache, as its launcher takes it; empty for none. */
    private static final String CACHE = Objects.requireNonNullElse(System.getenv("QLEASE_AOT_CACHE"), "");

    private static final List<String> FOLDERS =
            List.of("dev", "etc", "proc", "run", "sys", "tmp", "usr", "var", "data");

    private GuestImage() {}

    static DockerClient engine() {
        return DockerClientFactory.instance().client();
    }

    /** Has the engine load the image, if it has none. */
    static void prepare() throws IOException {
        DockerClient engine = engine();
        try {
            engine.inspectImageCmd(NAME).exec();
        } catch (NotFoundException _) {
            engine.loadImageCmd(new ByteArrayInputStream(archive())).exec();
        }
    }

    /** The image as {@code docker save} writes one. */
    private static byte[] archive() throws IOException {
        byte[] layer = layer();
        String configuration = """
                {"architecture": "%s", "os": "linux", "config": {},
                 "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}""".formatted(System.getProperty("os.arch").replace("aarch64", "arm64"), sha256(layer));
        String manifest = """
                [{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]""".formatted(NAME);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            add(tar, "layer.tar", layer);
            add(tar, "config.json", configuration.getBytes(StandardCharsets.UTF_8));
            add(tar, "manifest.json", manifest.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static void add(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] layer() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (String folder : FOLDERS) {
                tar.putArchiveEntry(new TarArchiveEntry(folder + "/"));
                tar.closeArchiveEntry();
            }
            for (String link : List.of("bin", "sbin", "lib", "lib64")) {
                TarArchiveEntry entry = new TarArchiveEntry(link, TarConstants.LF_SYMLINK);
                entry.setLinkName("usr/" + link);
                tar.putArchiveEntry(entry);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    /**
     * A container of it that waits: without a network, without any capability and with a root file system that is
     * read-only. It has this machine's programs and Java, the command, the devices that device memory comes from, and
     * {@code work} to write to.
     */
    static GenericContainer<?> container(Path work, Capability... capabilities) throws IOException {
        prepare();
        Path java = java();
        List<Bind> binds = binds(work);
        return new GenericContainer<>(DockerImageName.parse(NAME))
                .withImagePullPolicy(_ -> false)
                .withNetworkMode("none")
                .withCommand("sleep", "infinity")
                .withEnv("JAVA_HOME", java.toString())
                .withEnv("QLEASE_AOT_CACHE", CACHE)
                .withCreateContainerCmdModifier(create -> restrict(create, binds, capabilities));
    }

    private static Path java() throws IOException {
        return Path.of(System.getProperty("java.home")).toRealPath();
    }

    private static List<Bind> binds(Path work) throws IOException {
        List<Bind> binds = new ArrayList<>(List.of(readOnly(Path.of("/usr")), readOnly(HOME), readOnly(classes())));
        partsOf(java()).forEach(part -> binds.add(readOnly(part)));
        binds.add(new Bind(work.toString(), new Volume("/data"), AccessMode.rw));
        return binds;
    }

    /**
     * The options of {@code podman run} for a container like {@link #container}, but without the devices that device
     * memory comes from.
     */
    static List<String> podmanOptions(Path work) throws IOException {
        prepare();
        List<String> options = new ArrayList<>(List.of(
                "--network=none",
                "--read-only",
                "--cap-drop=all",
                "--security-opt=no-new-privileges",
                "--env=JAVA_HOME=" + java(),
                "--env=QLEASE_AOT_CACHE=" + CACHE));
        binds(work).forEach(bind -> options.add("--volume=" + bind));
        return options;
    }

    /** Where the classes of the tests are. */
    static Path classes() {
        try {
            return Path.of(Inside.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("classes are at a place with a name", e);
        }
    }

    private static Bind readOnly(Path path) {
        return new Bind(path.toString(), new Volume(path.toString()), AccessMode.ro);
    }

    /**
     * What Java has outside /usr: itself, or its configuration, which Debian keeps below /etc; and the start-up cache.
     */
    private static List<Path> partsOf(Path java) throws IOException {
        List<Path> parts = new ArrayList<>();
        if (!java.startsWith("/usr")) {
            parts.add(java);
        }
        try (DirectoryStream<Path> configurations = Files.newDirectoryStream(Path.of("/etc"), "java*")) {
            configurations.forEach(parts::add);
        }
        if (!CACHE.isEmpty()) {
            parts.add(Path.of(CACHE));
        }
        return parts;
    }

    private static void restrict(CreateContainerCmd create, List<Bind> binds, Capability... capabilities) {
        HostConfig host = Objects.requireNonNull(create.getHostConfig());
        host.withBinds(binds)
                .withReadonlyRootfs(true)
                .withCapDrop(Capability.ALL)
                .withCapAdd(capabilities)
                .withSecurityOpts(List.of("no-new-privileges"))
                .withDevices(Stream.of("/dev/udmabuf", "/dev/dma_heap/system")
                        .filter(device -> Files.exists(Path.of(device)))
                        .map(device -> new Device("rw", device, device))
                        .toList());
    }
}
