package dev.qlease.dmabuf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;

/**
 * Which provider was taken, and why the ones before it were not.
 *
 * @param value what was made of the dma-buf
 * @param provider the provider that worked
 * @param refusals one sentence for each that was tried before
 * @param <T> a dma-buf, or what the caller made of it
 */
public record DmaBufChoice<T>(T value, DmaBufProvider provider, List<String> refusals) {
    /** Keeps a copy of the list. */
    public DmaBufChoice {
        refusals = List.copyOf(refusals);
    }

    /**
     * Tries providers in order until one makes a dma-buf that works for what it is meant for.
     *
     * @param size bytes
     * @param use makes of the dma-buf what the caller wants, such as a binding to the device at hand, and owns it from then
     *     on; when it throws {@link LinuxException} the dma-buf is closed and the next provider tried
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

    /** Such as {@code udmabuf (dma-heap system: there is no /dev/dma_heap/system ...)}. */
    @Override
    public String toString() {
        return provider.name() + (refusals.isEmpty() ? "" : " (" + String.join("; ", refusals) + ")");
    }
}
