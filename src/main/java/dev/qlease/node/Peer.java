package dev.qlease.node;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.sys.MessageSocket;
import dev.qlease.linux.sys.Processes;
import dev.qlease.node.BindingRefusedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * A process that makes a request, and its network namespace, which this object owns.
 *
 * @param pid the process, as seen from here
 * @param namespace its namespace
 * @param cookie the cookie of the namespace
 */
record Peer(int pid, NetworkNamespace namespace, long cookie) implements AutoCloseable {
    /**
     * Proves which network namespace the process at the other end of a connection is in: the one in which it opened its
     * socket, which the kernel reports and which cannot be changed, and in which it still is now. Its pidfd proves that
     * the number in /proc is still that of the process.
     *
     * @throws BindingRefusedException NOT_PROVEN otherwise
     */
    static Peer of(MessageSocket connection) {
        int pid = connection.peer();
        if (pid <= 0) {
            throw new BindingRefusedException(
                    Reason.NOT_PROVEN,
                    "the process is not visible to the agent: run the agent in the host's PID namespace");
        }
        NetworkNamespace namespace = null;
        try (FileDescriptor process = connection.peerHandle()) {
            namespace = NetworkNamespace.ofProcess(pid);
            if (!Processes.isRunning(process)) {
                throw new BindingRefusedException(Reason.NOT_PROVEN, "process " + pid + " has ended");
            }
            long cookie = connection.namespace();
            if (namespace.cookie() != cookie) {
                throw new BindingRefusedException(
                        Reason.NOT_PROVEN,
                        "process " + pid + " is not in the network namespace in which its socket was opened");
            }
            return new Peer(pid, namespace, cookie);
        } catch (LinuxException | NotANetworkNamespaceException e) {
            close(namespace);
            throw new BindingRefusedException(
                    Reason.NOT_PROVEN, "the network namespace of process " + pid + " cannot be determined", e);
        } catch (BindingRefusedException e) {
            close(namespace);
            throw e;
        }
    }

    private static void close(@Nullable NetworkNamespace namespace) {
        if (namespace != null) {
            namespace.close();
        }
    }

    @Override
    public void close() {
        namespace.close();
    }
}
