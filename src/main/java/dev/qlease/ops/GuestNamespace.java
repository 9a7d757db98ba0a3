package dev.qlease.ops;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.sys.KernelText;
import java.nio.file.Path;

/**
 * The network namespace of a guest as it was found.
 *
 * @param path the path by which it was opened
 * @param cookie its cookie, which no other namespace gets before the machine is restarted
 */
record GuestNamespace(String path, long cookie) {
    /** Returns whether {@code path} leads to the namespace. */
    boolean isThere() {
        try (NetworkNamespace namespace = NetworkNamespace.at(KernelText.path(path))) {
            return namespace.cookie() == cookie;
        } catch (LinuxException | NotANetworkNamespaceException e) {
            return false;
        }
    }

    /**
     * Opens the namespace; owned by the caller.
     *
     * @throws OpsException if the path leads to another one
     * @throws LinuxException with the kernel's error if it does not exist any more
     */
    NetworkNamespace open() {
        NetworkNamespace namespace = NetworkNamespace.at(KernelText.path(path));
        if (namespace.cookie() != cookie) {
            namespace.close();
            throw new OpsException(OpsException.Reason.NOT_FOUND, path + " leads to another network namespace now");
        }
        return namespace;
    }

    /** Finds a namespace that a file names. */
    static GuestNamespace find(GuestSelector selector) {
        try (NetworkNamespace namespace = open(selector)) {
            return new GuestNamespace(KernelText.text(namespace.path()), namespace.cookie());
        } catch (LinuxException e) {
            if (e.is(dev.qlease.linux.Errno.ENOENT) || e.is(dev.qlease.linux.Errno.ESRCH)) {
                throw new OpsException(OpsException.Reason.NOT_FOUND, "no network namespace \"" + selector + "\"");
            }
            throw e;
        } catch (NotANetworkNamespaceException | IllegalArgumentException e) {
            throw new OpsException(OpsException.Reason.NOT_FOUND, String.valueOf(e.getMessage()));
        }
    }

    private static NetworkNamespace open(GuestSelector selector) {
        return switch (selector) {
            case GuestSelector.Netns netns -> NetworkNamespace.parse(netns.text());
            case GuestSelector.Container container ->
                NetworkNamespace.ofProcess(container.engine().pid(Path.of("/"), container.id()));
        };
    }
}
