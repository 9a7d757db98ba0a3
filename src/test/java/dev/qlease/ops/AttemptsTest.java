package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class AttemptsTest {
    private final Attempts attempts = new Attempts();

    @Test
    void whatSucceededIsDueAgainInOtherCircumstancesOnly() {
        assertThat(attempts.isDue("a", "first", "up")).isTrue();
        attempts.succeeded("a", "first");
        assertThat(attempts.isDue("a", "first", "down")).isFalse();
        assertThat(attempts.hasSucceeded("a", "first")).isTrue();
        assertThat(attempts.isDue("a", "second", "up")).isTrue();
        assertThat(attempts.hasSucceeded("a", "second")).isFalse();
    }

    @Test
    void whatFailedIsDueAgainWhenItsSurroundingsChange() {
        attempts.failed("a", "first", "down");
        assertThat(attempts.isDue("a", "first", "down")).isFalse();
        assertThat(attempts.hasSucceeded("a", "first")).isFalse();
        assertThat(attempts.isDue("a", "first", "up")).isTrue();
        attempts.forgetFailed();
        assertThat(attempts.isDue("a", "first", "down")).isTrue();
    }

    @Test
    void whatIsForgottenIsDueAgain() {
        attempts.succeeded("a", "first");
        attempts.succeeded("b", "first");
        attempts.forgetFailed();
        assertThat(attempts.isDue("a", "first", "")).isFalse();
        attempts.forgetOthers(Set.of("b"));
        assertThat(attempts.isDue("a", "first", "")).isTrue();
        assertThat(attempts.isDue("b", "first", "")).isFalse();
        attempts.forgetAll();
        assertThat(attempts.isDue("b", "first", "")).isTrue();
    }
}
