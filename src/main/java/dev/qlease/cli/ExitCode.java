package dev.qlease.cli;

/** What the command's exit status says; scripts rely on these numbers. */
enum ExitCode {
    DONE(0, "done"),
    FAILED(1, "failed"),
    USAGE(2, "wrong usage"),
    UNSUPPORTED(3, "not supported here: the kernel or the device lacks it; of doctor: something needed is missing"),
    NOT_PERMITTED(4, "not permitted"),
    NOT_FOUND(5, "no such device, namespace or lease");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    int number() {
        return number;
    }

    /** As the help has it. */
    String meaning() {
        return meaning;
    }
}
