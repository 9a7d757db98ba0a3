/** Command lines: commands, options and their values, and the namespace and device that they name. */
@NullMarked
package dev.qlease.cli.args;

import org.jspecify.annotations.NullMarked;
