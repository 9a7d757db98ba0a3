/** The command's log: messages on standard error, in the command's own format. */
@NullMarked
package dev.qlease.cli.log;

import org.jspecify.annotations.NullMarked;
