package dev.qlease.node.nri;

import java.time.Duration;

/**
 * The container runtime, as it introduces itself.
 *
 * @param registrationTimeout how long a plugin may take to register after it has connected
 * @param requestTimeout how long a plugin may take to handle a request
 */
public record NriRuntime(String name, String version, Duration registrationTimeout, Duration requestTimeout) {}
