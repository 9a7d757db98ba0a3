/** The commands of a node: what container engines run, and the agent for what runs in containers. */
@NullMarked
package dev.qlease.cli.node;

import org.jspecify.annotations.NullMarked;
