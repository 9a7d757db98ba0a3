package dev.qlease.rtnetlink;

import dev.qlease.netlink.DumpInterruptedException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Lists objects of both IP families. */
final class Families {
    private static final List<AddressFamily> IP = List.of(AddressFamily.INET, AddressFamily.INET6);

    private Families() {}

    /**
     * Returns the objects that {@code dump} lists of {@code family}, or of IPv4 and then IPv6. Each family is requested
     * separately, since without a family the kernel lists the objects of all protocols. It also does so for a family
     * that it does not support, hence the filter.
     */
    static <T> List<T> list(
            Optional<AddressFamily> family,
            Function<AddressFamily, List<T>> dump,
            Function<T, AddressFamily> familyOf) {
        return family.map(Stream::of)
                .orElseGet(IP::stream)
                .flatMap(one -> dump.apply(one).stream()
                        .filter(record -> familyOf.apply(record).value() == one.value()))
                .toList();
    }

    /**
     * Passes the objects that {@link #list} would return to {@code reader}, one by one as they arrive. Reads the second
     * family even if the first changed while it was read.
     */
    static <T> void forEach(
            Optional<AddressFamily> family,
            BiConsumer<AddressFamily, Consumer<T>> dump,
            Function<T, AddressFamily> familyOf,
            Consumer<? super T> reader) {
        DumpInterruptedException interrupted = null;
        for (AddressFamily one : family.map(List::of).orElse(IP)) {
            try {
                dump.accept(one, record -> {
                    if (familyOf.apply(record).value() == one.value()) {
                        reader.accept(record);
                    }
                });
            } catch (DumpInterruptedException e) {
                interrupted = e;
            }
        }
        if (interrupted != null) {
            throw interrupted;
        }
    }
}
