package dev.qlease.cli;

import java.util.Optional;

/**
 * What the doctor found out about one thing.
 *
 * @param check the thing, by the kernel's name for it where it has one
 * @param verdict whether it is there
 * @param needed whether leasing and device memory cannot do without it
 * @param detail what was found, or why nothing could be
 * @param remedy what to do if it is not there
 */
record Finding(String check, Verdict verdict, boolean needed, String detail, Optional<String> remedy) {
    /** Whether a thing is there. */
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

    /** It is there. */
    static Finding yes(String check, String detail) {
        return new Finding(check, Verdict.YES, false, detail, Optional.empty());
    }

    /** It is there if {@code there}; the remedy is for when it is not. */
    static Finding of(String check, boolean there, String detail, String remedy) {
        return there ? yes(check, detail) : new Finding(check, Verdict.NO, false, detail, Optional.of(remedy));
    }

    /** Nobody can tell, because of {@code detail}. */
    static Finding unknown(String check, String detail) {
        return new Finding(check, Verdict.UNKNOWN, false, detail, Optional.empty());
    }

    /** Nobody can tell, because of {@code failure}. */
    static Finding unknown(String check, Throwable failure) {
        return unknown(check, Failure.message(failure));
    }

    /** It is not there, as {@code failure} says. */
    static Finding missing(String check, Throwable failure, String remedy) {
        return new Finding(check, Verdict.NO, false, Failure.message(failure), Optional.of(remedy));
    }

    /** The same of something that is needed. */
    Finding asNeeded() {
        return new Finding(check, verdict, true, detail, remedy);
    }

    /** Whether it stands in the way. */
    boolean isMissing() {
        return needed && verdict != Verdict.YES;
    }
}
