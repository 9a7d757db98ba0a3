/** Where log messages go when this library is the command: to standard error, in the command's own form. */
@NullMarked
package dev.qlease.cli.log;

import org.jspecify.annotations.NullMarked;
