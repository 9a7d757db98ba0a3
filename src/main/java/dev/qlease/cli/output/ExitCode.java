package dev.qlease.cli.output;

/** The command's exit status; scripts rely on these numbers. */
public enum ExitCode {
    DONE(0, "success"),
    FAILED(1, "failure"),
    USAGE(2, "usage error"),
    UNSUPPORTED(3, "not supported by this kernel or device; from doctor: a requirement is missing"),
    NOT_PERMITTED(4, "not permitted"),
    NOT_FOUND(5, "no such device, namespace or lease"),
    CHANGES(10, "from plan: there are changes to apply");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    /** Returns the meaning, as help prints it. */
    public String meaning() {
        return meaning;
    }
}
