package dev.qlease.node.cni;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.ops.JsonNodes;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One invocation of the plugin: reads its parameters from the environment and the configuration from its input, and
 * does what the engine has asked for. Every invocation is complete in itself; what an earlier one has left undone,
 * because the engine ended it, is undone first. Not thread-safe.
 */
public final class CniPlugin {
    private final Map<String, String> environment;
    private final InputStream input;
    private final AttachmentJournal journal;
    private String version = CniVersion.LATEST.text();

    /**
     * @param environment the variables of the protocol, and others
     * @param input the configuration; remains owned by the caller
     */
    public CniPlugin(Map<String, String> environment, InputStream input) {
        this(environment, input, new AttachmentJournal(AttachmentJournal.ROOT));
    }

    CniPlugin(Map<String, String> environment, InputStream input, AttachmentJournal journal) {
        this.environment = environment;
        this.input = input;
        this.journal = journal;
    }

    /** Takes the result of an invocation. */
    public interface Delivery {
        /**
         * Hands the result to the engine.
         *
         * @param result a JSON object on one line
         * @throws IOException if the engine does not take it; what was added is then released
         */
        void deliver(String result) throws IOException;
    }

    /**
     * Does what the engine has asked for.
     *
     * @param delivery takes the result, if the operation has one
     * @throws CniException if it fails, with the code for the engine; other exceptions of the library as they are
     * @throws IOException if the result could not be delivered
     */
    public void run(Delivery delivery) throws IOException {
        Parameters parameters = Parameters.of(environment);
        byte[] bytes = read();
        Optional<String> given = NetworkConfig.versionOf(bytes);
        if (parameters.operation() == Operation.VERSION) {
            delivery.deliver(CniJson.versions(given.orElse(version)));
            return;
        }
        given.filter(text -> CniVersion.find(text).isPresent()).ifPresent(text -> version = text);
        NetworkConfig config = NetworkConfig.parse(bytes, parameters.operation());
        try (NetworkNamespace home = NetworkNamespace.current();
                Leases leases = Leases.open(home, lockTimeout(config, parameters.operation()))) {
            switch (parameters.operation()) {
                case ADD -> new Addition(parameters, config, home, leases, journal).run(delivery);
                case DEL -> delete(parameters, config, leases);
                case CHECK -> new Check(parameters, config, leases).run();
                case GC -> collect(parameters, config, leases);
                case STATUS -> new Readiness(parameters, config, home, leases).run();
                case VERSION -> throw new IllegalStateException("done before");
            }
        }
    }

    /** Returns the timeout of the configuration. An invalid one prevents no deletion. */
    static Duration lockTimeout(NetworkConfig config, Operation operation) {
        try {
            return config.lockTimeout();
        } catch (CniException e) {
            if (operation == Operation.DEL || operation == Operation.GC) {
                return NetworkConfig.LOCK_TIMEOUT;
            }
            throw e;
        }
    }

    /** Returns an error object in the version of the configuration, as far as it was read. */
    public String error(int code, String message, List<String> details) {
        return CniJson.error(version, code, message, details);
    }

    /** Reads one byte more than is allowed at most. */
    private byte[] read() {
        try {
            return input.readNBytes(JsonNodes.LARGEST + 1);
        } catch (IOException e) {
            throw new CniException(CniCode.INPUT, "standard input cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Deletes the attachment's lease, and releases its addresses once nothing can use them any more. Succeeds if they
     * do not exist.
     */
    private void delete(Parameters parameters, NetworkConfig config, Leases leases) {
        Attachment attachment = parameters.attachment(config.network());
        // From here on, an ADD that still runs undoes its work.
        AttachmentJournal.Entry entry = journal.begin(attachment);
        delete(leases, attachment.owner());
        IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT).ifPresent(plugin -> plugin.run(Operation.DEL));
        journal.end(entry);
    }

    /** Deletes the leases of an owner. */
    static void delete(Leases leases, String owner) {
        for (LeaseInfo lease : leases.ownedBy(owner::equals)) {
            leases.delete(lease.name(), lease.id());
        }
    }

    /** Deletes what belongs to attachments of the network that do not exist any more, as much as is possible. */
    private void collect(Parameters parameters, NetworkConfig config, Leases leases) {
        Set<Attachment> valid = config.validAttachments();
        List<String> problems = new ArrayList<>();
        for (LeaseInfo lease : leases.ownedBy(owner -> owner.startsWith(Attachment.ofNetwork(config.network())))) {
            if (!valid.contains(Attachment.parse(lease.owner().orElseThrow()))) {
                attempt(() -> leases.delete(lease.name(), lease.id()), problems);
            }
        }
        attempt(
                () -> IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT)
                        .ifPresent(plugin -> plugin.run(Operation.GC)),
                problems);
        if (problems.isEmpty()) {
            for (AttachmentJournal.Entry entry : journal.ofNetwork(config.network())) {
                if (!valid.contains(Attachment.parse(entry.owner()))) {
                    journal.end(entry);
                }
            }
            return;
        }
        throw new CniException(CniCode.FAILED, problems);
    }

    private static void attempt(Runnable work, List<String> problems) {
        try {
            work.run();
        } catch (RuntimeException e) {
            problems.add(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }
}
