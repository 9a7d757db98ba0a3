/** The commands that container engines run. */
@NullMarked
package dev.qlease.cli.node;

import org.jspecify.annotations.NullMarked;
