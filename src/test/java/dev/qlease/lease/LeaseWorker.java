package dev.qlease.lease;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * Another process that makes and deletes leases: a command a line on its standard input, and a line for its outcome.
 */
final class LeaseWorker {
    private LeaseWorker() {}

    /** Runs {@code create SLOT SEED NIC} and {@code delete} of the first lease, until the input ends. */
    public static void main(String... arguments) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Leases leases = Leases.open()) {
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                System.out.println(outcome(leases, List.of(line.split(" "))));
            }
        }
    }

    private static String outcome(Leases leases, List<String> command) {
        try {
            if (command.getFirst().equals("delete")) {
                List<LeaseInfo> list = leases.list();
                return list.isEmpty()
                        ? "none"
                        : "deleted " + list.getFirst().name() + " "
                                + leases.delete(list.getFirst().name());
            }
            int slot = Integer.parseInt(command.get(1));
            try (NetworkNamespace netns = ModelGuests.open(slot)) {
                Random random = new Random(Long.parseLong(command.get(2)));
                LeaseSpec spec = ModelGuests.spec(netns, command.get(3), slot, random);
                return "made " + leases.create(spec).keep().info().name();
            }
        } catch (LeaseException e) {
            return (e.notUndone().isEmpty() ? "refused " : "fault ") + oneLine(e);
        } catch (LeaseRefusedException | LinuxException e) {
            return "refused " + oneLine(e);
        } catch (RuntimeException e) {
            return "fault " + oneLine(e);
        }
    }

    private static String oneLine(RuntimeException e) {
        return e.toString().replace('\n', ' ');
    }
}
