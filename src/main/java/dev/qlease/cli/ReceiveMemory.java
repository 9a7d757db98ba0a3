package dev.qlease.cli;

import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import java.util.List;
import java.util.OptionalInt;

/**
 * A dma-buf that queues of the device to receive by are bound to. Closing unbinds it and gives it up.
 *
 * @param binding the binding, and with it the dma-buf
 * @param provider who made it
 * @param refusals why not those that were tried before
 */
record ReceiveMemory(RxBinding binding, String provider, List<String> refusals) implements AutoCloseable {
    ReceiveMemory {
        refusals = List.copyOf(refusals);
    }

    /**
     * Makes a dma-buf and binds it to queues of {@code link}.
     *
     * @throws CommandException if it is not said which queues, or no memory works
     */
    static ReceiveMemory bind(Target target, Link link, ReceiveRequest request) {
        List<Integer> queues = request.queues().isEmpty() ? leased(target, link) : request.queues();
        // Asked once: else each provider would be refused for what has nothing to do with it.
        RxBinding.check(target.namespace(), link.ifindex(), queues, request.rxPageSize());
        probe(target, link, queues);
        DmaBufChoice<RxBinding> choice;
        try {
            choice = DmaBufChoice.first(
                    request.providers(),
                    request.bytes(),
                    dmaBuf -> RxBinding.bind(target.namespace(), link.ifindex(), dmaBuf, queues, request.rxPageSize()));
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, "--size: " + Failure.message(e), e);
        } catch (LinuxException e) {
            throw e.is(Errno.EOPNOTSUPP)
                    ? new CommandException(
                            ExitCode.UNSUPPORTED,
                            Failure.message(e) + "; qlease doctor says what memory this machine has",
                            e)
                    : e;
        }
        return new ReceiveMemory(choice.value(), choice.provider().name(), choice.refusals());
    }

    /** Asks to bind what is no dma-buf, as for sending: a device that could bind one says EINVAL. */
    private static void probe(Target target, Link link, List<Integer> queues) {
        List<QueueId> ids = queues.stream().map(QueueId::rx).toList();
        try (FileDescriptor noDmaBuf = FileDescriptor.open(SendMemory.NULL_DEVICE, SendMemory.O_RDONLY);
                DmaBufBinding binding =
                        DmaBufBinding.rx(target.namespace(), link.ifindex(), noDmaBuf, ids, OptionalInt.empty())) {
            throw new IllegalStateException("the kernel bound " + SendMemory.NULL_DEVICE + " as " + binding);
        } catch (UnsupportedException e) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " cannot receive device memory: " + Failure.message(e)
                            + "; name a NIC whose driver can, or a netkit guest with a leased queue",
                    e);
        } catch (LinuxException e) {
            if (!e.is(Errno.EINVAL)) {
                throw e;
            }
        }
    }

    /** The queues that were leased to a netkit guest: all but the one that it has of its own. */
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
                            + ", which is no netkit guest: it has the receive queues " + present
                            + "; see qlease queues " + link.ifname());
        }
        List<Integer> leased = present.stream().filter(queue -> queue > 0).toList();
        if (leased.isEmpty()) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " has no leased queue: lease a queue of a NIC to it first: qlease lease create");
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
