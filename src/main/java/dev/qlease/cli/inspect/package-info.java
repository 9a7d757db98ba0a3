/** Commands that show kernel state: lists, statistics and notifications. */
@NullMarked
package dev.qlease.cli.inspect;

import org.jspecify.annotations.NullMarked;
