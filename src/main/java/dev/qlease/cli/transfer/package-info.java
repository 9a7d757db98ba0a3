/** Commands that send and receive device memory over TCP. */
@NullMarked
package dev.qlease.cli.transfer;

import org.jspecify.annotations.NullMarked;
