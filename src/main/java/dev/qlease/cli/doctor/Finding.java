package dev.qlease.cli.doctor;

import dev.qlease.cli.output.Failure;
import java.util.Optional;

/**
 * The result of one check.
 *
 * @param check what was checked, by the kernel's name where it has one
 * @param verdict whether it is present
 * @param needed whether leasing and device memory require it
 * @param detail what was found, or why nothing could be determined
 * @param remedy what to do if it is missing
 */
record Finding(String check, Verdict verdict, boolean needed, String detail, Optional<String> remedy) {
    /** Whether something is present. */
    enum Verdict {
        YES("yes"),
        NO("no"),
        UNKNOWN("unknown");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Returns the finding that {@code check} is present. */
    static Finding yes(String check, String detail) {
        return new Finding(check, Verdict.YES, false, detail, Optional.empty());
    }

    /** Returns the finding that {@code check} is present or, if not {@code there}, missing, with a remedy. */
    static Finding of(String check, boolean there, String detail, String remedy) {
        return there ? yes(check, detail) : new Finding(check, Verdict.NO, false, detail, Optional.of(remedy));
    }

    /** Returns the finding that {@code check} cannot be determined, because of {@code detail}. */
    static Finding unknown(String check, String detail) {
        return new Finding(check, Verdict.UNKNOWN, false, detail, Optional.empty());
    }

    /** Returns the finding that {@code check} cannot be determined, because of {@code detail}, with a remedy. */
    static Finding unknown(String check, String detail, String remedy) {
        return new Finding(check, Verdict.UNKNOWN, false, detail, Optional.of(remedy));
    }

    /** Returns the finding that {@code check} cannot be determined, because of {@code failure}. */
    static Finding unknown(String check, Throwable failure) {
        return unknown(check, Failure.message(failure));
    }

    /** Returns the finding that {@code check} is missing, as {@code failure} shows. */
    static Finding missing(String check, Throwable failure, String remedy) {
        return new Finding(check, Verdict.NO, false, Failure.message(failure), Optional.of(remedy));
    }

    /** Returns the same finding, marked as a requirement. */
    Finding asNeeded() {
        return new Finding(check, verdict, true, detail, remedy);
    }

    /** Returns whether it is a requirement that is not known to be met. */
    boolean isMissing() {
        return needed && verdict != Verdict.YES;
    }
}
