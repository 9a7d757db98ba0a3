/** The command's output: text for a terminal, JSON, failures and exit codes. */
@NullMarked
package dev.qlease.cli.output;

import org.jspecify.annotations.NullMarked;
