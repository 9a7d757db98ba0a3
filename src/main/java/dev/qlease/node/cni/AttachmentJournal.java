package dev.qlease.node.cni;

import dev.qlease.json.RecordReader;
import dev.qlease.json.RecordWriter;
import dev.qlease.lease.Leases;
import dev.qlease.lease.state.StateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The attachments that are being added or deleted, in files that only root may read. An engine can end a plugin at any
 * instruction: an entry that is still there when the next invocation for the attachment starts means that an earlier
 * one did not finish, and that its lease and its addresses have to be released first.
 *
 * <p>An entry has a random token, and the invocation that wrote it reads it again at the end: an ADD that has been
 * overtaken by a DEL, because the engine was restarted in between, finds its entry gone or replaced and undoes its
 * work. No lock is held.
 */
class AttachmentJournal {
    /** The directory of the entries. */
    static final Path ROOT = Path.of("/run/qlease/cni");

    private static final String SUFFIX = ".json";
    private static final int NAME_BYTES = 16;

    private final StateDirectory parent;
    private final StateDirectory directory;

    AttachmentJournal(Path root) {
        this.parent = directory(Objects.requireNonNull(root.getParent()), StateDirectory.READABLE);
        this.directory = directory(root, StateDirectory.PRIVATE);
    }

    private static StateDirectory directory(Path path, int mode) {
        return new StateDirectory(path, mode, sentence -> new CniException(CniCode.FAILED, sentence));
    }

    /**
     * An entry.
     *
     * @param owner the owner of the attachment's lease
     * @param token identifies the invocation
     */
    record Entry(String owner, String token) {}

    /** Called before each write. Does nothing; tests throw an Error here to simulate the death of the process. */
    void reached(String point) {}

    /** Returns the entry of an attachment. */
    Optional<Entry> find(Attachment attachment) {
        return read(file(attachment.owner()));
    }

    /** Writes an entry, in place of an earlier one. */
    Entry begin(Attachment attachment) {
        reached("begin");
        parent.create();
        directory.create();
        Entry entry = new Entry(attachment.owner(), Leases.newId());
        directory.write(file(entry.owner()), RecordWriter.text(entry));
        return entry;
    }

    /** Returns whether this invocation is still the last one that has written the entry. */
    boolean isCurrent(Entry entry) {
        return read(file(entry.owner())).filter(entry::equals).isPresent();
    }

    /** Deletes the entry, unless another invocation has written its own. */
    void end(Entry entry) {
        reached("end");
        if (isCurrent(entry)) {
            directory.remove(file(entry.owner()));
        }
    }

    /** Returns the entries of a network. */
    List<Entry> ofNetwork(String network) {
        List<Entry> entries = new ArrayList<>();
        for (String file : directory.names()) {
            if (file.endsWith(SUFFIX)) {
                read(file)
                        .filter(entry -> entry.owner().startsWith(Attachment.ofNetwork(network)))
                        .ifPresent(entries::add);
            }
        }
        return entries;
    }

    /** Returns the entry in a file. One that cannot be read counts as that of an invocation that did not finish. */
    private Optional<Entry> read(String file) {
        return directory.read(file).map(text -> {
            try {
                return RecordReader.read(Entry.class, text);
            } catch (IOException e) {
                return new Entry("", "");
            }
        });
    }

    private static String file(String owner) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(owner.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, NAME_BYTES) + SUFFIX;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
