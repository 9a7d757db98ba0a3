/** Files and locks below /run/qlease that only root may write. Not exported. */
@NullMarked
package dev.qlease.lease.state;

import org.jspecify.annotations.NullMarked;
