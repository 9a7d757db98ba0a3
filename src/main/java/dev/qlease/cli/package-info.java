/** The {@code qlease} command: parses command lines, calls the other packages and prints. */
@NullMarked
package dev.qlease.cli;

import org.jspecify.annotations.NullMarked;
