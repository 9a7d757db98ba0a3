package dev.qlease.dmabuf;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A source of device memory as a user names it: one provider, or several to try in turn.
 *
 * @param providers the providers, in the order in which to try them
 * @param handedIn whether this is an existing dma-buf, whose size is fixed
 */
public record MemorySource(List<DmaBufProvider> providers, boolean handedIn) {
    private static final String FD = "fd:";

    /** The texts that {@link #parse} accepts, without the details that may follow. */
    public static final List<String> NAMES =
            List.of("auto", "udmabuf", "udmabuf:huge", "dma-heap", "drm", "cuda", "hip", FD);

    /** Keeps a copy of the list. */
    public MemorySource {
        providers = List.copyOf(providers);
    }

    /**
     * Parses {@code auto}, {@code udmabuf}, {@code udmabuf:huge}, {@code dma-heap[:NAME]}, {@code drm[:FILE]}, {@code
     * cuda}, {@code hip}, or {@code fd:N}, the descriptor of a dma-buf that this process has inherited and that the
     * source owns from then on.
     *
     * @throws IllegalArgumentException if the text is none of these, or N is not the descriptor of a dma-buf
     */
    public static MemorySource parse(String text) {
        if (text.startsWith(FD)) {
            return new MemorySource(List.of(HandedIn.of(inherited(text))), true);
        }
        if (text.equals("auto")) {
            return new MemorySource(DmaBufProvider.all(), false);
        }
        int colon = text.indexOf(':');
        Optional<String> detail = colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1));
        Optional<DmaBufProvider> provider = detail.filter(String::isEmpty).isPresent()
                ? Optional.empty()
                : provider(colon < 0 ? text : text.substring(0, colon), detail);
        return new MemorySource(List.of(provider.orElseThrow(() -> unknown(text))), false);
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
                        : Optional.of(detail.map(DmaHeap::named).orElseGet(DmaHeap::system));
            case "drm" ->
                Optional.of(detail.map(Path::of).map(DrmDumbBuffer::card).orElseGet(DrmDumbBuffer::anyCard));
            case "cuda" -> detail.isEmpty() ? Optional.of(GpuMemory.cuda()) : Optional.empty();
            case "hip" -> detail.isEmpty() ? Optional.of(GpuMemory.hip()) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("device memory is auto, udmabuf, udmabuf:huge, dma-heap[:NAME], drm[:FILE],"
                + " cuda, hip or fd:N, not \"" + text + "\"");
    }

    /** Returns a descriptor that this process has inherited; checks it before taking it over. */
    private static FileDescriptor inherited(String text) {
        String number = text.substring(FD.length());
        if (!number.matches("[0-9]{1,9}")) {
            throw unknown(text);
        }
        String file;
        try {
            file = KernelFiles.readLink(Path.of("/proc/self/fd", number));
        } catch (LinuxException e) {
            throw new IllegalArgumentException(
                    text + ": no file is open as " + number
                            + ": the parent process hands one in, without close-on-exec",
                    e);
        }
        if (!file.startsWith("/dmabuf:")) {
            throw new IllegalArgumentException(text + ": descriptor " + number + " is not a dma-buf but " + file);
        }
        return FileDescriptor.owning(Integer.parseInt(number), text);
    }

    /**
     * Returns whether a dma-buf of this source may use the machine's own memory, which must then be available, and not
     * only a GPU's.
     */
    public boolean takesMachineMemory() {
        return !handedIn && !providers.stream().allMatch(provider -> provider instanceof GpuMemory);
    }

    /** As {@link DmaBufChoice#first}, with these providers. */
    public <T> DmaBufChoice<T> allocate(long size, Function<DmaBuf, T> use) {
        return DmaBufChoice.first(providers, size, use);
    }
}
