package dev.qlease.node.cni;

/** The codes of error objects: up to 99 those of the specification, from 100 this plugin's own. */
public enum CniCode {
    /** The version of the configuration is not supported, or has no such command. */
    INCOMPATIBLE_VERSION(1, "the CNI version is not supported, or does not have the command"),
    /** A field of the configuration is not supported. */
    UNSUPPORTED_FIELD(2, "a field of the configuration is not supported"),
    /** A variable of the environment is missing or invalid. */
    ENVIRONMENT(4, "an environment variable is missing or invalid"),
    /** Standard input cannot be read. */
    INPUT(5, "standard input cannot be read"),
    /** Standard input is no JSON object. */
    DECODING(6, "standard input is no JSON object, or is too large"),
    /** The configuration is invalid. */
    CONFIGURATION(7, "the configuration is invalid"),
    /** Retry later. */
    TRY_AGAIN(11, "other processes are creating or deleting leases; retry later"),
    /** No container can be added. */
    NOT_AVAILABLE(50, "from `STATUS`: no container can be added now"),
    /** No container can be added, and existing ones are affected. */
    LIMITED_CONNECTIVITY(51, "from `STATUS`: the NIC is gone, and containers of the network have no connection"),
    /** The kernel or qlease refused. */
    FAILED(100, "creating or deleting the lease failed, or was refused"),
    /** There is no such NIC. */
    NOT_FOUND(101, "there is no such NIC"),
    /** The kernel, the NIC or its driver lacks what a lease needs. */
    UNSUPPORTED(102, "the kernel or the NIC lacks what a lease needs"),
    /** The process lacks a capability. */
    NOT_PERMITTED(103, "not permitted; run the engine as root"),
    /** An attachment is not as it was made. */
    CHANGED(104, "from `CHECK`: the attachment is not as `ADD` made it"),
    /** The IPAM plugin is missing, or its result is invalid. */
    IPAM(105, "the IPAM plugin is missing, or did not answer as specified");

    private final int number;
    private final String meaning;

    CniCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    /** Returns the meaning, as documented. */
    public String meaning() {
        return meaning;
    }
}
