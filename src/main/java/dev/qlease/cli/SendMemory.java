package dev.qlease.cli;

import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufChoice;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.dmabuf.DmaHeap;
import dev.qlease.dmabuf.DrmDumbBuffer;
import dev.qlease.dmabuf.GpuMemory;
import dev.qlease.dmabuf.HandedIn;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dma-buf, bound to the device to send by. Closing unbinds it and gives it up.
 *
 * @param binding the binding, and with it the dma-buf
 * @param provider who made it
 * @param refusals why not those that were tried before
 */
record SendMemory(TxBinding binding, String provider, List<String> refusals) implements AutoCloseable {
    /** A file that is no dma-buf. */
    static final Path NULL_DEVICE = Path.of("/dev/null");

    static final int O_RDONLY = 0;

    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("^MemAvailable: +(\\d+) kB$", Pattern.MULTILINE);

    SendMemory {
        refusals = List.copyOf(refusals);
    }

    /**
     * Where it may come from.
     *
     * @param providers to be tried in this order
     * @param handedIn whether it is one that there is already
     */
    record Source(List<DmaBufProvider> providers, boolean handedIn) {
        private static final String FD = "fd:";
        static final List<String> NAMES =
                List.of("auto", "udmabuf", "udmabuf:huge", "dma-heap", "drm", "cuda", "hip", FD);

        Source {
            providers = List.copyOf(providers);
        }

        /**
         * Reads {@code auto}, the name of a provider, with a detail behind a colon where it has one, or {@code fd:N}.
         *
         * @throws CommandException if it is none of these
         */
        static Source parse(String text) {
            if (text.startsWith(FD)) {
                return new Source(List.of(new HandedIn(descriptor(text))), true);
            }
            if (text.equals("auto")) {
                return new Source(DmaBufProvider.all(), false);
            }
            int colon = text.indexOf(':');
            Optional<String> detail = colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1));
            Optional<DmaBufProvider> provider = detail.filter(String::isEmpty).isPresent()
                    ? Optional.empty()
                    : provider(colon < 0 ? text : text.substring(0, colon), detail);
            return new Source(List.of(provider.orElseThrow(() -> unknown(text))), false);
        }

        private static Optional<DmaBufProvider> provider(String name, Optional<String> detail) {
            return switch (name) {
                case "udmabuf" ->
                    detail.isEmpty()
                            ? Optional.of(Udmabuf.pages())
                            : detail.filter("huge"::equals).map(_ -> Udmabuf.hugePages());
                case "dma-heap" ->
                    detail.filter(heap -> heap.indexOf('/') >= 0).isPresent()
                            ? Optional.empty()
                            : Optional.of(detail.map(DmaHeap::new).orElseGet(DmaHeap::new));
                case "drm" -> Optional.of(new DrmDumbBuffer(detail.map(Path::of)));
                case "cuda" -> detail.isEmpty() ? Optional.of(GpuMemory.cuda()) : Optional.empty();
                case "hip" -> detail.isEmpty() ? Optional.of(GpuMemory.hip()) : Optional.empty();
                default -> Optional.empty();
            };
        }

        private static CommandException unknown(String text) {
            return new CommandException(
                    ExitCode.USAGE,
                    "--memory is auto, udmabuf, udmabuf:huge, dma-heap[:NAME], drm[:FILE], cuda, hip or fd:N, not \""
                            + text + "\"");
        }

        /** One that this process has inherited; it is looked at before it is taken over. */
        private static FileDescriptor descriptor(String text) {
            String number = text.substring(FD.length());
            if (!number.matches("[0-9]{1,9}")) {
                throw unknown(text);
            }
            Path link = Path.of("/proc/self/fd", number);
            String file;
            try {
                file = Files.readSymbolicLink(link).toString();
            } catch (IOException e) {
                throw new CommandException(
                        ExitCode.USAGE,
                        "--memory " + text + ": no file is open as " + number
                                + ": who starts qlease hands one in, without close-on-exec",
                        e);
            }
            if (!file.startsWith("/dmabuf:")) {
                throw new CommandException(
                        ExitCode.USAGE, "--memory " + text + ": descriptor " + number + " is no dma-buf but " + file);
            }
            return FileDescriptor.owning(Integer.parseInt(number), text);
        }
    }

    /**
     * Makes a dma-buf and binds it to {@code link}.
     *
     * @throws CommandException if the device cannot send device memory, or none works
     */
    static SendMemory bind(Target target, Link link, SendRequest request) {
        probe(target, link);
        checkAvailable(request);
        DmaBufChoice<TxBinding> choice;
        try {
            choice = DmaBufChoice.first(
                    request.memory().providers(),
                    request.bytes(),
                    dmaBuf -> TxBinding.bind(target.namespace(), link.ifindex(), dmaBuf));
        } catch (LinuxException e) {
            throw e.is(Errno.EOPNOTSUPP)
                    ? new CommandException(
                            ExitCode.UNSUPPORTED,
                            Failure.message(e) + "; qlease doctor says what memory this machine has",
                            e)
                    : e;
        }
        return new SendMemory(choice.value(), choice.provider().name(), choice.refusals());
    }

    /**
     * Refuses what this machine does not have. The providers of ordinary memory would go on until the kernel ends some process
     * for it.
     */
    private static void checkAvailable(SendRequest request) {
        if (request.memory().handedIn()
                || request.memory().providers().stream().allMatch(provider -> provider instanceof GpuMemory)) {
            return;
        }
        try {
            String text = Kernel.read(MEMINFO);
            Matcher available = AVAILABLE.matcher(text);
            if (available.find() && request.bytes() > Long.parseLong(available.group(1)) << 10) {
                throw new CommandException(
                        ExitCode.FAILED,
                        "a dma-buf of " + Values.text(request.bytes()) + " is more than the " + available.group(1)
                                + "K of memory that this machine has available: make --size or --chunk smaller");
            }
        } catch (IOException e) {
            throw new CommandException(ExitCode.FAILED, "reading " + MEMINFO + ": " + Failure.message(e), e);
        }
    }

    /**
     * Asks to bind what is no dma-buf. A device that could bind one gets as far as looking at it and says EINVAL; one that
     * cannot says so before, and then there is no use in trying one provider after the other.
     */
    private static void probe(Target target, Link link) {
        try (FileDescriptor noDmaBuf = FileDescriptor.open(NULL_DEVICE, O_RDONLY);
                DmaBufBinding binding = DmaBufBinding.tx(target.namespace(), link.ifindex(), noDmaBuf)) {
            throw new IllegalStateException("the kernel bound " + NULL_DEVICE + " as " + binding);
        } catch (UnsupportedException e) {
            boolean guest = link.netkit().isPresent();
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    link.ifname() + " cannot send device memory: " + Failure.message(e)
                            + (guest
                                    ? "; lease a queue of a NIC to it first: qlease lease create"
                                    : "; name a NIC whose driver can, or a netkit guest with a leased queue"),
                    e);
        } catch (LinuxException e) {
            if (!e.is(Errno.EINVAL)) {
                throw e;
            }
        }
    }

    DmaBuf dmaBuf() {
        return binding.dmaBuf();
    }

    /** Bytes to send through. */
    long room(SendRequest request) {
        return request.size().orElse(dmaBuf().size());
    }

    @Override
    public void close() {
        binding.close(Duration.ZERO);
        dmaBuf().close();
    }
}
