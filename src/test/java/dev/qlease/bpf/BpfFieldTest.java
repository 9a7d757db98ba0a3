package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The structures laid out by hand are those that ci/bindings/check proves. */
class BpfFieldTest {
    @Test
    void theMembersAreThoseOfTheListThatIsProved() throws IOException {
        List<String> proved = Files.readAllLines(Path.of("native-headers/uapi.layouts")).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        assertThat(BpfField.all())
                .extracting(f -> f.owner() + " " + f.name() + " " + f.offset() + " " + f.size())
                .containsExactlyInAnyOrderElementsOf(proved);
    }

    @Test
    void theStructuresHoldAllMembers() {
        assertThat(BpfField.all())
                .allSatisfy(field -> assertThat((long) field.offset() + field.size())
                        .isLessThanOrEqualTo(
                                field.owner().equals("union bpf_attr") ? BpfField.ATTR_SIZE : BpfField.INFO_SIZE));
    }
}
