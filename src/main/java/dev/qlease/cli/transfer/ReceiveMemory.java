package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.dmabuf.MemorySource;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import java.util.List;
import java.util.OptionalInt;

/**
 * A dma-buf, bound to receive queues of a device. Closing unbinds and closes it.
 *
 * @param binding the binding, which knows the dma-buf
 * @param provider the provider that allocated the dma-buf
 * @param refusals why the providers tried before it did not work
 */
public record ReceiveMemory(RxBinding binding, String provider, List<String> refusals) implements AutoCloseable {
    /** Room for full rings of several queues, and for fragments received and not released yet. */
    public static final long DEFAULT_SIZE = Math.max(32 << 20, 1024 * Memory.pageSize());

    public ReceiveMemory {
        refusals = List.copyOf(refusals);
    }

    /**
     * Allocates a dma-buf and binds it to queues of {@code link}.
     *
     * @param named the queues to bind; empty for the leased ones
     * @param rxPageSize bytes of the pieces to receive in; empty for a page
     * @param bytes the size of the dma-buf, or the least size of one handed in
     * @throws CommandException if the queues must be named and are not, or no provider works
     */
    public static ReceiveMemory bind(
            Target target, Link link, List<Integer> named, OptionalInt rxPageSize, MemorySource memory, long bytes) {
        List<Integer> queues = named.isEmpty() ? leased(target, link) : named;
        // Checked once: otherwise each provider would be refused for a reason that does not concern it.
        RxBinding.check(target.namespace(), link.ifindex(), queues, rxPageSize);
        ReceiveBinder binder = ReceiveBinder.of(Device.of(target.namespace(), link), queues, rxPageSize);
        SendMemory.checkAvailable(memory, bytes);
        DmaBufChoice<RxBinding> choice;
        try {
            choice = memory.allocate(bytes, binder);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, "--size: " + Failure.message(e), e);
        } catch (LinuxException e) {
            throw e.is(Errno.EOPNOTSUPP)
                    ? new CommandException(
                            ExitCode.UNSUPPORTED,
                            Failure.message(e) + "; qlease doctor lists the providers of this machine",
                            e)
                    : e;
        }
        return new ReceiveMemory(choice.value(), choice.provider().name(), choice.refusals());
    }

    /** Returns the receive queues of a device, sorted. */
    private static List<Integer> present(Target target, Link link) {
        return target.netdev().queues(link.ifindex()).stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .map(Queue::id)
                .sorted()
                .toList();
    }

    /** Returns whether a netkit guest has leased queues. */
    static boolean hasLeased(Target target, Link link) {
        return !leased(present(target, link)).isEmpty();
    }

    /** Returns the leased ones of a netkit guest's queues: all but queue 0, its own. */
    private static List<Integer> leased(List<Integer> present) {
        return present.stream().filter(queue -> queue > 0).toList();
    }

    /** Returns the leased queues of a netkit guest. */
    private static List<Integer> leased(Target target, Link link) {
        List<Integer> present = present(target, link);
        if (link.netkit().isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "receiving needs --queue on " + link.ifname()
                            + ", which is not a netkit guest and has the receive queues " + present
                            + "; see qlease queues " + link.ifname());
        }
        List<Integer> leased = leased(present);
        if (leased.isEmpty()) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " has no leased queue; lease a queue of a NIC to it first: qlease lease create");
        }
        return leased;
    }

    /** Returns the dma-buf, which remains owned by this object. */
    public DmaBuf dmaBuf() {
        return binding.dmaBuf();
    }

    @Override
    public void close() {
        binding.close();
        dmaBuf().close();
    }
}
