/** The {@code qlease} command: parses, calls the floors below, prints. */
@NullMarked
package dev.qlease.cli;

import org.jspecify.annotations.NullMarked;
