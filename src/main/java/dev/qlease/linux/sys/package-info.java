/**
 * The system calls: the only code that touches the generated bindings' functions.
 *
 * <p>Calls return what the kernel returned, with errors as negative errno values, so that a full queue or an
 * interrupted dump costs no exception; {@link dev.qlease.linux.LinuxException#check(int, String)} turns those that are
 * failures into one. EINTR is retried here and nowhere else. No call allocates.
 */
@NullMarked
package dev.qlease.linux.sys;

import org.jspecify.annotations.NullMarked;
