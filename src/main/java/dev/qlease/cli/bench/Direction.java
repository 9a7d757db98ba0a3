package dev.qlease.cli.bench;

/** Whether this machine sends or receives. */
enum Direction {
    SEND("send"),
    RECEIVE("receive");

    private final String text;

    Direction(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }
}
