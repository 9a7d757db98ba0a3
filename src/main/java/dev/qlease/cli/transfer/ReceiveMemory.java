package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import java.util.List;

/**
 * A dma-buf, bound to receive queues of a device. Closing unbinds and closes it.
 *
 * @param binding the binding, which knows the dma-buf
 * @param provider the provider that allocated the dma-buf
 * @param refusals why the providers tried before it did not work
 */
record ReceiveMemory(RxBinding binding, String provider, List<String> refusals) implements AutoCloseable {
    ReceiveMemory {
        refusals = List.copyOf(refusals);
    }

    /**
     * Allocates a dma-buf and binds it to queues of {@code link}.
     *
     * @throws CommandException if the queues must be named and are not, or no provider works
     */
    static ReceiveMemory bind(Target target, Link link, ReceiveRequest request) {
        List<Integer> queues = request.queues().isEmpty() ? leased(target, link) : request.queues();
        // Checked once: otherwise each provider would be refused for a reason that does not concern it.
        RxBinding.check(target.namespace(), link.ifindex(), queues, request.rxPageSize());
        ReceiveBinder binder = ReceiveBinder.of(Device.of(target.namespace(), link), queues, request.rxPageSize());
        SendMemory.checkAvailable(request.memory(), request.bytes());
        DmaBufChoice<RxBinding> choice;
        try {
            choice = request.memory().allocate(request.bytes(), binder);
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

    /** Returns the leased queues of a netkit guest: all but queue 0, its own. */
    private static List<Integer> leased(Target target, Link link) {
        List<Integer> present = target.netdev().queues(link.ifindex()).stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .map(Queue::id)
                .sorted()
                .toList();
        if (link.netkit().isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "receive needs --queue on " + link.ifname()
                            + ", which is not a netkit guest and has the receive queues " + present
                            + "; see qlease queues " + link.ifname());
        }
        List<Integer> leased = present.stream().filter(queue -> queue > 0).toList();
        if (leased.isEmpty()) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " has no leased queue; lease a queue of a NIC to it first: qlease lease create");
        }
        return leased;
    }

    DmaBuf dmaBuf() {
        return binding.dmaBuf();
    }

    @Override
    public void close() {
        binding.close();
        dmaBuf().close();
    }
}
