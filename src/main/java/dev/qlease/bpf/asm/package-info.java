/** An assembler for BPF programs; Documentation/bpf/standardization/instruction-set.rst. */
@NullMarked
package dev.qlease.bpf.asm;

import org.jspecify.annotations.NullMarked;
