/** Commands about wanted state in files. */
@NullMarked
package dev.qlease.cli.ops;

import org.jspecify.annotations.NullMarked;
