package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.dmabuf.MemorySource;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.rtnetlink.Link;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A dma-buf, bound to the device to send with. Closing unbinds and closes it.
 *
 * @param binding the binding, which knows the dma-buf
 * @param provider the provider that allocated the dma-buf
 * @param refusals why the providers tried before it did not work
 */
public record SendMemory(TxBinding binding, String provider, List<String> refusals) implements AutoCloseable {
    public SendMemory {
        refusals = List.copyOf(refusals);
    }

    /**
     * Parses the value of {@code --memory}.
     *
     * @throws CommandException if it is invalid
     */
    public static MemorySource source(String text) {
        try {
            return MemorySource.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, Option.MEMORY.longName() + ": " + Failure.message(e), e);
        }
    }

    /**
     * Allocates a dma-buf and binds it to {@code link}.
     *
     * @param bytes the size of the dma-buf, or the least size of one handed in
     * @throws CommandException if the device cannot send device memory, or no provider works
     */
    public static SendMemory bind(Target target, Link link, MemorySource memory, long bytes) {
        Device device = Device.of(target.namespace(), link);
        check(target, device, link);
        checkAvailable(memory, bytes);
        DmaBufChoice<TxBinding> choice;
        try {
            choice = memory.allocate(bytes, device::bindTx);
        } catch (LinuxException e) {
            throw e.is(Errno.EOPNOTSUPP)
                    ? new CommandException(
                            ExitCode.UNSUPPORTED,
                            Failure.message(e) + "; qlease doctor lists the providers of this machine",
                            e)
                    : e;
        }
        return new SendMemory(choice.value(), choice.provider().name(), choice.refusals());
    }

    /**
     * Refuses more memory than this machine has available. Providers of ordinary memory would allocate until the OOM
     * killer ends a process.
     */
    static void checkAvailable(MemorySource memory, long bytes) {
        if (memory.takesMachineMemory()) {
            AvailableMemory.require(bytes);
        }
    }

    /** Checks the device first: if it cannot send device memory, no provider can help. */
    private static void check(Target target, Device device, Link link) {
        try {
            device.checkTx();
        } catch (UnsupportedException e) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " cannot send device memory: " + Failure.message(e) + "; "
                            + wayOut(link.netkit().isPresent(), ReceiveMemory.hasLeased(target, link)),
                    e);
        }
    }

    /** Says what it takes to send from a device that cannot. */
    static String wayOut(boolean guest, boolean leased) {
        if (!guest) {
            return "use a NIC whose driver supports it, or a netkit guest with a leased queue";
        }
        return leased
                ? "through its leased queue it takes Linux 7.2 or newer, and a NIC whose driver supports it"
                : "lease a queue of a NIC to it first: qlease lease create, with Linux 7.2 or newer";
    }

    /** Returns the dma-buf, which remains owned by this object. */
    public DmaBuf dmaBuf() {
        return binding.dmaBuf();
    }

    /** Returns how many bytes of the dma-buf to use if {@code size} was requested, or no particular size. */
    public long room(Optional<Long> size) {
        return size.orElse(dmaBuf().size());
    }

    @Override
    public void close() {
        binding.close(Duration.ZERO);
        dmaBuf().close();
    }
}
