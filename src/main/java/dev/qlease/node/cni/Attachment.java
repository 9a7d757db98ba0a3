package dev.qlease.node.cni;

/**
 * What identifies an attachment: the network, and the container and interface that the engine has named.
 *
 * @param network the name of the network
 * @param containerId the container's id
 * @param ifname the interface
 */
record Attachment(String network, String containerId, String ifname) {
    /** A name in the specification; the length is bounded here, so that each name can be recorded. */
    static final String NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,255}";

    static final String NAME_ALLOWED =
            "1 to 256 letters, digits, underscores, dots and hyphens, the first one a letter or digit";

    /** As for the kernel, and so that no owner has a colon or a blank in a name. */
    static final String IFNAME = "[!-~&&[^/:]]{1,15}";

    private static final String SEPARATOR = ":";

    /** Returns the owner of the attachment's lease. No name has a colon, so that no two attachments have the same. */
    String owner() {
        return ofNetwork(network) + containerId + SEPARATOR + ifname;
    }

    /** Returns what the owners of all leases of a network begin with. */
    static String ofNetwork(String network) {
        return "cni" + SEPARATOR + network + SEPARATOR;
    }

    /** Returns the attachment whose lease has this owner, which begins with {@link #ofNetwork}. */
    static Attachment parse(String owner) {
        String[] parts = owner.split(SEPARATOR, -1);
        return new Attachment(parts[1], parts[2], parts[3]);
    }

    @Override
    public String toString() {
        return "interface " + ifname + " of container " + containerId + " in network " + network;
    }
}
