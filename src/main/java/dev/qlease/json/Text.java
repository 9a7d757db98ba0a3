package dev.qlease.json;

/** A record that is a string in JSON. It has a constructor that takes the string and refuses an invalid one. */
public interface Text {
    /** Returns the string. */
    String text();
}
