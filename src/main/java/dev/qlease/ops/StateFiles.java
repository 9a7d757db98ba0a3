package dev.qlease.ops;

import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Files of wanted state. */
public final class StateFiles {
    /** The directory that is read if no file is named. */
    public static final Path DIRECTORY = Path.of("/etc/qlease");

    /** The name of standard input. */
    public static final String STANDARD_INPUT = "-";

    private static final List<String> SUFFIXES = List.of(".yaml", ".yml", ".json");
    private static final String LEASES = "leases";
    private static final String NICS = "nics";
    private static final String LEASES_ALLOWED = "a map from names to leases, or {} for none";
    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;

    private final FieldValues values = new FieldValues();
    private final Map<String, WantedLease> leases = new LinkedHashMap<>();
    private final List<WantedNic> nics = new ArrayList<>();
    private final Map<String, Position> seen = new LinkedHashMap<>();

    private StateFiles() {}

    /**
     * Reads files.
     *
     * @param names the files, {@code -} for {@code input}; empty for all in {@link #DIRECTORY}
     * @throws InvalidFileException if one is invalid, or two describe the same lease or NIC; it has all problems
     * @throws IOException if a file cannot be read
     */
    public static WantedState read(List<String> names, InputStream input) throws IOException {
        return names.isEmpty() ? read(DIRECTORY, true) : new StateFiles().readAll(names, input);
    }

    /**
     * Reads the files of a directory, sorted by name.
     *
     * @param trusted whether files that other users may write are refused, if this process is root's
     */
    static WantedState read(Path directory, boolean trusted) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = KernelText.text(file);
                if (SUFFIXES.stream().anyMatch(name::endsWith)) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException | DirectoryIteratorException e) {
            names.clear();
        }
        if (names.isEmpty()) {
            throw new InvalidFileException("no files *.yaml, *.yml or *.json in " + KernelText.text(directory)
                    + "; name a file, or - for standard input");
        }
        names.sort(null);
        if (trusted && Processes.geteuid() == 0) {
            for (String name : names) {
                requireTrusted(KernelText.path(name));
            }
        }
        return new StateFiles().readAll(names, InputStream.nullInputStream());
    }

    /** Refuses a file that a user other than root could have written, or could replace. */
    static void requireTrusted(Path file) throws IOException {
        for (Path way = file.toRealPath(); way != null; way = way.getParent()) {
            Map<String, Object> attributes = Files.readAttributes(way, "unix:mode,uid");
            int mode = (Integer) Objects.requireNonNull(attributes.get("mode"));
            int owner = (Integer) Objects.requireNonNull(attributes.get("uid"));
            String shown = KernelText.text(way);
            String which = way.equals(file) ? shown : KernelText.text(file) + ": " + shown;
            if (owner != 0) {
                throw new InvalidFileException(
                        which + " belongs to user " + owner + ", not to root; check it and chown it to root");
            }
            if ((mode & WRITABLE_BY_OTHERS) != 0 && !(Files.isDirectory(way) && (mode & STICKY) != 0)) {
                throw new InvalidFileException(which + " can be written by others (mode "
                        + Integer.toOctalString(mode & 07777) + "); check it, then chmod go-w " + shown);
            }
        }
    }

    private WantedState readAll(List<String> names, InputStream input) throws IOException {
        for (String name : names) {
            try {
                add(FileParser.parse(name, bytes(name, input)));
            } catch (InvalidFileException e) {
                values.problems().addAll(e.problems());
            } catch (NoSuchFileException e) {
                values.problems().add(name + ": No such file or directory (ENOENT)");
            } catch (AccessDeniedException e) {
                values.problems().add(name + ": Permission denied (EACCES)");
            } catch (IOException e) {
                values.problems().add(name + ": " + e.getMessage());
            }
        }
        if (!values.problems().isEmpty()) {
            throw new InvalidFileException(values.problems());
        }
        return new WantedState(List.copyOf(leases.values()), nics);
    }

    /** Reads one byte more than is allowed at most. */
    private static byte[] bytes(String name, InputStream input) throws IOException {
        if (name.equals(STANDARD_INPUT)) {
            return input.readNBytes(FileParser.LARGEST + 1);
        }
        try (InputStream file = Files.newInputStream(KernelText.path(name))) {
            return file.readNBytes(FileParser.LARGEST + 1);
        }
    }

    private void add(FileNode root) {
        Optional<Map<String, FileNode.Member>> fields = values.members(root, "the file", "a map with the field leases");
        if (fields.isEmpty()) {
            return;
        }
        values.requireKnown(fields.get(), "", List.of(LEASES, NICS));
        FileNode.Member givenLeases = fields.get().get(LEASES);
        FileNode.Member givenNics = fields.get().get(NICS);
        if (givenLeases == null && givenNics == null) {
            values.problem(root.position(), LEASES, "missing; give " + LEASES_ALLOWED);
        }
        if (givenLeases != null) {
            values.members(givenLeases.value(), LEASES, LEASES_ALLOWED)
                    .ifPresent(map -> map.values().forEach(this::addLease));
        }
        if (givenNics != null) {
            values.members(givenNics.value(), NICS, "a map from names of devices to settings")
                    .ifPresent(map -> map.values().forEach(this::addNic));
        }
    }

    private void addLease(FileNode.Member lease) {
        requireOnce(FieldValues.inside(LEASES, lease.key()), lease.position());
        new LeaseReader(values, lease).read().ifPresent(wanted -> leases.put(wanted.name(), wanted));
    }

    private void addNic(FileNode.Member nic) {
        requireOnce(FieldValues.inside(NICS, nic.key()), nic.position());
        new NicReader(values).settings(nic).ifPresent(nics::add);
    }

    private void requireOnce(String field, Position position) {
        Position first = seen.putIfAbsent(field, position);
        if (first != null) {
            values.problem(position, field, "it is described twice, first at " + first);
        }
    }
}
