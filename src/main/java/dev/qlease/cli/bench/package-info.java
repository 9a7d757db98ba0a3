/** {@code qlease bench}: measuring device memory against ordinary TCP. */
@NullMarked
package dev.qlease.cli.bench;

import org.jspecify.annotations.NullMarked;
