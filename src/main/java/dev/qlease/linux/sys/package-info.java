/**
 * The system calls: the only code that uses the functions of the generated bindings.
 *
 * <p>Calls return the kernel's result, with errors as negative errno values, so that a full queue or an interrupted
 * dump costs no exception; {@link dev.qlease.linux.LinuxException#check(int, String)} converts failures into
 * exceptions. EINTR is retried here and nowhere else. No call allocates.
 */
@NullMarked
package dev.qlease.linux.sys;

import org.jspecify.annotations.NullMarked;
