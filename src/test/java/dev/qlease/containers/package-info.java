/**
 * Leases for containers that tests run by Testcontainers: {@link dev.qlease.containers.QueueLeaseExtension} for JUnit 5, and
 * {@link dev.qlease.containers.ContainerLeases} without it. They are in qlease's test jar.
 */
@NullMarked
package dev.qlease.containers;

import org.jspecify.annotations.NullMarked;
