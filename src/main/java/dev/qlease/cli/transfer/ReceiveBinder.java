package dev.qlease.cli.transfer;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.node.BindingRefusedException;
import dev.qlease.node.BindingRefusedException.Reason;
import dev.qlease.node.PodBindings;
import java.nio.file.Files;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/** Binds dma-bufs to receive queues: by itself or, without CAP_NET_ADMIN, through the agent of the node. */
final class ReceiveBinder implements Function<DmaBuf, RxBinding> {
    private final Device device;
    private final List<Integer> queues;
    private final OptionalInt rxPageSize;
    private final boolean byAgent;

    private ReceiveBinder(Device device, List<Integer> queues, OptionalInt rxPageSize, boolean byAgent) {
        this.device = device;
        this.queues = queues;
        this.rxPageSize = rxPageSize;
        this.byAgent = byAgent;
    }

    /**
     * Asks the kernel whether it would bind a dma-buf.
     *
     * @throws CommandException if the device does not support it, or neither this process nor an agent may bind
     */
    static ReceiveBinder of(Device device, List<Integer> queues, OptionalInt rxPageSize) {
        try {
            device.checkRx(queues);
            return new ReceiveBinder(device, queues, rxPageSize, false);
        } catch (UnsupportedException e) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    device + " cannot receive device memory: " + Failure.message(e)
                            + "; use a NIC whose driver supports it, or a netkit guest with a leased queue",
                    e);
        } catch (LinuxException e) {
            if (!e.is(Errno.EPERM)) {
                throw e;
            }
            if (!Files.exists(PodBindings.SOCKET)) {
                throw notPermitted("there is no " + PodBindings.SOCKET, e);
            }
            return new ReceiveBinder(device, queues, rxPageSize, true);
        }
    }

    private static CommandException notPermitted(String because, Exception cause) {
        return new CommandException(
                ExitCode.NOT_PERMITTED,
                "to receive device memory takes CAP_NET_ADMIN in this network namespace, or qlease node on the host"
                        + " with its directory " + PodBindings.SOCKET.getParent() + " mounted here: " + because,
                cause);
    }

    /**
     * {@inheritDoc}
     *
     * @throws LinuxException if this dma-buf is refused, and that of another provider may not be
     * @throws CommandException if the agent cannot be reached
     * @throws BindingRefusedException if the agent refuses for a reason that does not concern the dma-buf
     */
    @Override
    public RxBinding apply(DmaBuf dmaBuf) {
        if (!byAgent) {
            return device.bindRx(dmaBuf, queues, rxPageSize);
        }
        try {
            return PodBindings.standard().bindRx(device.name(), dmaBuf, queues, rxPageSize);
        } catch (LinuxException e) {
            throw notPermitted(Failure.message(e), e);
        } catch (BindingRefusedException e) {
            if (e.reason() == Reason.FAILED || e.reason() == Reason.UNSUPPORTED) {
                throw new LinuxException("qlease node", Errno.EINVAL.number(), Failure.message(e));
            }
            throw e;
        }
    }
}
