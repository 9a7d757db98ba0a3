package dev.qlease.node.cni;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of invocations that have not finished. */
class AttachmentJournalTest {
    private static final Attachment A = new Attachment("net", "a", "eth0");
    private static final Attachment B = new Attachment("net", "b", "eth0");
    private static final Attachment OTHER = new Attachment("net2", "a", "eth0");

    @TempDir
    private Path directory;

    private AttachmentJournal journal;

    @BeforeEach
    void open() {
        journal = new AttachmentJournal(directory.resolve("run/cni"));
    }

    @Test
    void anEntryIsFoundUntilItsInvocationEnds() throws IOException {
        assertThat(journal.find(A)).isEmpty();
        AttachmentJournal.Entry entry = journal.begin(A);
        assertThat(journal.find(A)).contains(entry);
        assertThat(journal.find(B)).isEmpty();
        assertThat(Files.getPosixFilePermissions(directory.resolve("run/cni")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        journal.end(entry);
        journal.end(entry);
        assertThat(journal.find(A)).isEmpty();
    }

    @Test
    void anInvocationThatIsOvertakenDoesNotEndTheOther() {
        AttachmentJournal.Entry add = journal.begin(A);
        AttachmentJournal.Entry delete = journal.begin(A);
        assertThat(journal.isCurrent(add)).isFalse();
        journal.end(add);
        assertThat(journal.find(A)).contains(delete);
        journal.end(delete);
        assertThat(journal.isCurrent(delete)).isFalse();
    }

    @Test
    void theEntriesOfOneNetworkAreListed() {
        journal.begin(A);
        journal.begin(B);
        journal.begin(OTHER);
        assertThat(journal.ofNetwork("net").stream().map(AttachmentJournal.Entry::owner))
                .containsExactlyInAnyOrder("cni:net:a:eth0", "cni:net:b:eth0");
        assertThat(journal.ofNetwork("ne")).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadCountsAsUnfinished() throws IOException {
        journal.begin(A);
        for (String text : List.of("", "{}", "garbage")) {
            try (var files = Files.list(directory.resolve("run/cni"))) {
                Files.writeString(files.findFirst().orElseThrow(), text);
            }
            assertThat(journal.find(A)).isPresent();
            assertThat(journal.ofNetwork("net")).isEmpty();
        }
        journal.end(journal.begin(A));
        assertThat(journal.find(A)).isEmpty();
    }
}
