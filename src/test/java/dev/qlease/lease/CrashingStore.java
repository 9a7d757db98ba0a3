package dev.qlease.lease;

import dev.qlease.linux.NetworkNamespace;

/**
 * A store of leases that ends what is done under it at a point of the journal, as the death of the process would there.
 */
public final class CrashingStore extends LeaseStore {
    private int left;

    private CrashingStore(int points) {
        super(ROOT);
        left = points;
    }

    /** The end at a point. */
    public static final class Crash extends Error {
        private static final long serialVersionUID = 1;

        private Crash(String point) {
            super("before " + point, null, false, false);
        }
    }

    /** The leases of the host, by a program that dies before it passes so many points. */
    public static Leases leases(int points) {
        return new Leases(NetworkNamespace.ofCaller(), new CrashingStore(points));
    }

    @Override
    void reached(String point) {
        if (left-- == 0) {
            throw new Crash(point);
        }
    }
}
