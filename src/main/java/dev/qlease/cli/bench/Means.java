package dev.qlease.cli.bench;

/** What moves the data. */
enum Means {
    DEVICE_MEMORY("device-memory"),
    ORDINARY_TCP("ordinary-tcp");

    private final String text;

    Means(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }
}
