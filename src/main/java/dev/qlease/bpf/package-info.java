/**
 * BPF programs on network devices, without a compiler or object files: the {@linkplain dev.qlease.bpf.GuestPrograms
 * programs} that a lease needs, {@linkplain dev.qlease.bpf.Program loading}, {@linkplain dev.qlease.bpf.Attachment
 * attaching}, {@linkplain dev.qlease.bpf.BpfMap maps}, and the {@linkplain dev.qlease.bpf.BpfFileSystem files} that
 * hold them. Source: linux/bpf.h, bpf(2), tc-bpf(8).
 *
 * {@snippet :
 * try (BpfMap counters = DropReason.counters();
 *         Program program = Program.load(GuestPrograms.fromGuestToNic(policy, nic, counters))) {
 *     Attachment attachment = Attachment.attach(program, AttachType.NETKIT_PEER, primary, NetworkNamespace.ofCaller());
 * }
 * }
 */
@NullMarked
package dev.qlease.bpf;

import org.jspecify.annotations.NullMarked;
