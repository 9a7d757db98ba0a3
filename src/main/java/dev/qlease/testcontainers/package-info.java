/**
 * Leases for containers that tests run by Testcontainers: {@link dev.qlease.testcontainers.QueueLeaseExtension} for
 * JUnit 5, and {@link dev.qlease.testcontainers.ContainerLeases} without it. Testcontainers 2 and JUnit 5 are optional
 * dependencies.
 */
@NullMarked
package dev.qlease.testcontainers;

import org.jspecify.annotations.NullMarked;
