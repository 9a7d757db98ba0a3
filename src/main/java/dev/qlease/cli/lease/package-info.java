/** Commands that create, list, verify and delete leases. */
@NullMarked
package dev.qlease.cli.lease;

import org.jspecify.annotations.NullMarked;
