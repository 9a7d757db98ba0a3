package dev.qlease.rtnetlink;

import dev.qlease.netlink.DumpInterruptedException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Listing what each of the two IP families has. */
final class Families {
    private static final List<AddressFamily> IP = List.of(AddressFamily.INET, AddressFamily.INET6);

    private Families() {}

    /**
     * What {@code dump} lists of {@code family}, or of IPv4 and then IPv6. Each is asked for by itself, since for none the
     * kernel lists those of all protocols that it speaks; and so it does for one that it does not have, hence the filter.
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
     * Gives {@code reader} what {@code dump} reads, like {@link #list}, one by one as it comes; of both families, also if the
     * first changes meanwhile.
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
