/** Checks of what leasing and device memory need of a machine. */
@NullMarked
package dev.qlease.cli.doctor;

import org.jspecify.annotations.NullMarked;
