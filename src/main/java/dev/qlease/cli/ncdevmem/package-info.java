/** A replacement for ncdevmem, the selftests' netcat for device memory. */
@NullMarked
package dev.qlease.cli.ncdevmem;

import org.jspecify.annotations.NullMarked;
