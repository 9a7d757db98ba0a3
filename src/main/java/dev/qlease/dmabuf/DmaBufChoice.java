package dev.qlease.dmabuf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;

/**
 * The provider that was chosen, and why those before it were not.
 *
 * @param value the result of using the dma-buf
 * @param provider the provider that worked
 * @param refusals one sentence for each provider that was tried before it
 * @param <T> a dma-buf, or an object that the caller created from it
 */
public record DmaBufChoice<T>(T value, DmaBufProvider provider, List<String> refusals) {
    /** Keeps a copy of the list. */
    public DmaBufChoice {
        refusals = List.copyOf(refusals);
    }

    /**
     * Tries providers in order until one allocates a dma-buf that {@code use} accepts.
     *
     * @param size size in bytes
     * @param use creates the object that the caller wants, such as a binding, from the dma-buf, which it owns from then
     *     on. If it throws {@link LinuxException}, the dma-buf is closed and the next provider is tried
     * @throws LinuxException with all refusals, if none works
     */
    public static <T> DmaBufChoice<T> first(List<DmaBufProvider> providers, long size, Function<DmaBuf, T> use) {
        List<String> refusals = new ArrayList<>();
        for (DmaBufProvider provider : providers) {
            try {
                return new DmaBufChoice<>(used(provider.allocate(size), use), provider, refusals);
            } catch (LinuxException e) {
                refusals.add(provider.name() + ": " + e.getMessage());
            }
        }
        StringJoiner all = new StringJoiner("; ", "no provider works: ", "");
        refusals.forEach(all::add);
        throw new LinuxException("dma-buf of " + size + " bytes", Errno.EOPNOTSUPP.number(), all.toString());
    }

    private static <T> T used(DmaBuf dmaBuf, Function<DmaBuf, T> use) {
        try {
            return use.apply(dmaBuf);
        } catch (RuntimeException e) {
            dmaBuf.close();
            throw e;
        }
    }

    /**
     * Returns the provider and the refusals, such as {@code udmabuf (dma-heap system: there is no /dev/dma_heap/system
     * ...)}.
     */
    @Override
    public String toString() {
        return provider.name() + (refusals.isEmpty() ? "" : " (" + String.join("; ", refusals) + ")");
    }
}
