package dev.qlease.ops;

import java.util.List;

/**
 * The state that files describe.
 *
 * @param leases the leases
 * @param nics the settings of NICs
 */
public record WantedState(List<WantedLease> leases, List<WantedNic> nics) {
    /** Keeps copies of the lists. */
    public WantedState {
        leases = List.copyOf(leases);
        nics = List.copyOf(nics);
    }
}
