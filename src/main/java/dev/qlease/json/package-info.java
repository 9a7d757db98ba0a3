/**
 * Writing records as JSON and reading them back: listings, results of commands and stored leases.
 *
 * {@snippet :
 * String text = RecordWriter.text(lease);
 * LeaseRecord same = RecordReader.read(LeaseRecord.class, text);
 * }
 */
@NullMarked
package dev.qlease.json;

import org.jspecify.annotations.NullMarked;
