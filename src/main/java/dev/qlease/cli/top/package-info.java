/** {@code qlease top}: leases, queues, bindings and page pools with their rates, on a terminal or as lines. */
@NullMarked
package dev.qlease.cli.top;

import org.jspecify.annotations.NullMarked;
