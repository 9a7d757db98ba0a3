/**
 * BPF programs on network devices, without a compiler or object files: an {@linkplain dev.qlease.bpf.Assembler assembler},
 * {@linkplain dev.qlease.bpf.Program loading}, {@linkplain dev.qlease.bpf.Attachment attaching}, and the
 * {@linkplain dev.qlease.bpf.Redirects programs} that a lease needs. Source: linux/bpf.h, bpf(2), tc-bpf(8).
 *
 * {@snippet :
 * try (Program program = Program.load(Redirects.toNic(nic))) {
 *     Attachment attachment = Attachment.attach(program, AttachType.NETKIT_PEER, primary, null);
 * }
 * }
 */
@NullMarked
package dev.qlease.bpf;

import org.jspecify.annotations.NullMarked;
