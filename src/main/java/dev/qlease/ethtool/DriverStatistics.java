package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_gstrings;
import dev.qlease.ffi.uapi.ethtool_sset_info;
import dev.qlease.ffi.uapi.ethtool_stats;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.KernelText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Counters with driver-specific names; ETHTOOL_GSTATS, which has no netlink equivalent. */
final class DriverStatistics {
    /** Older kernels copy all counters, even if their number has grown beyond the buffer since they were counted. */
    private static final int SPARE = 4096;

    private static final int ATTEMPTS = 8;
    private static final String WHAT = "statistics";

    private final Ioctls ioctls;

    DriverStatistics(Ioctls ioctls) {
        this.ioctls = ioctls;
    }

    /** Starts over if the number of counters changes between the calls. */
    List<Statistic> list(String ifname) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (Arena arena = Arena.ofConfined()) {
                int count = count(arena, ifname);
                if (count == 0) {
                    return List.of();
                }
                MemorySegment names = names(arena, ifname, count);
                MemorySegment values = values(arena, ifname, count);
                if (ethtool_gstrings.len(names) == count && ethtool_stats.n_stats(values) == count) {
                    return read(names, values, count);
                }
            }
        }
        throw new LinuxException(
                Ioctls.title(WHAT, ifname), Errno.EAGAIN.number(), "the number of counters keeps changing");
    }

    private int count(Arena arena, String ifname) {
        MemorySegment info = arena.allocate(ethtool_sset_info.sizeof() + Integer.BYTES, 8);
        ethtool_sset_info.cmd(info, Uapi.ETHTOOL_GSSET_INFO());
        ethtool_sset_info.sset_mask(info, 1L << Uapi.ETH_SS_STATS());
        ioctls.call(ifname, info, WHAT);
        if (ethtool_sset_info.sset_mask(info) == 0) {
            throw LinuxException.of(Ioctls.title(WHAT, ifname), Errno.EOPNOTSUPP.number());
        }
        return info.get(ValueLayout.JAVA_INT, ethtool_sset_info.data$offset());
    }

    private MemorySegment names(Arena arena, String ifname, int count) {
        MemorySegment strings =
                arena.allocate(ethtool_gstrings.sizeof() + (long) Uapi.ETH_GSTRING_LEN() * (count + SPARE), 8);
        ethtool_gstrings.cmd(strings, Uapi.ETHTOOL_GSTRINGS());
        ethtool_gstrings.string_set(strings, Uapi.ETH_SS_STATS());
        ethtool_gstrings.len(strings, count);
        ioctls.call(ifname, strings, WHAT);
        return strings;
    }

    private MemorySegment values(Arena arena, String ifname, int count) {
        MemorySegment stats = arena.allocate(ethtool_stats.sizeof() + (long) Long.BYTES * (count + SPARE), 8);
        ethtool_stats.cmd(stats, Uapi.ETHTOOL_GSTATS());
        ethtool_stats.n_stats(stats, count);
        ioctls.call(ifname, stats, WHAT);
        return stats;
    }

    private static List<Statistic> read(MemorySegment names, MemorySegment values, int count) {
        List<Statistic> statistics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = text(names.asSlice(
                    ethtool_gstrings.data$offset() + (long) Uapi.ETH_GSTRING_LEN() * i, Uapi.ETH_GSTRING_LEN()));
            long value = values.get(ValueLayout.JAVA_LONG, ethtool_stats.data$offset() + (long) Long.BYTES * i);
            statistics.add(new Statistic(name, value));
        }
        return List.copyOf(statistics);
    }

    /** A name that fills its field has no NUL after it. */
    private static String text(MemorySegment bytes) {
        return KernelText.decodeToNul(bytes.toArray(ValueLayout.JAVA_BYTE));
    }
}
