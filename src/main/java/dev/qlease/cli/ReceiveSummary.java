package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveCounts;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.OptionalInt;

/**
 * What {@code qlease receive} did.
 *
 * @param counts what came
 * @param seconds from the connection to its end
 * @param memory what it came into
 * @param rxPageSize bytes of the pieces of that, if it was said
 * @param link the device that it came by
 * @param from who sent it
 * @param verified the pattern that all of it was found to be of, if it was compared
 */
record ReceiveSummary(
        ReceiveCounts counts,
        double seconds,
        ReceiveMemory memory,
        OptionalInt rxPageSize,
        Link link,
        String from,
        OptionalInt verified) {
    static ReceiveSummary of(
            ReceiveMemory memory, DevmemSocket socket, double seconds, Link link, ReceiveRequest request) {
        return new ReceiveSummary(
                socket.received(), seconds, memory, request.rxPageSize(), link, socket.toString(), request.verify());
    }

    /**
     * Prints it, as an object or for people.
     *
     * @param toError whether standard output has the data
     */
    void print(boolean asJson, boolean toError, Output output) throws IOException {
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                writeTo(json);
            }
            output.print("\n");
        } else {
            output.print(text());
        }
        if (toError) {
            output.flushToError();
        } else {
            output.flush();
        }
    }

    private void writeTo(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("bytes", counts.bytes());
        json.writeNumberField("seconds", Math.round(seconds * 1e6) / 1e6);
        json.writeNumberField("dmabuf-bytes", counts.deviceBytes());
        json.writeNumberField("linear-bytes", counts.linearBytes());
        json.writeNumberField("recvmsg", counts.receives());
        json.writeNumberField("tokens", counts.fragments());
        json.writeNumberField("tokens-returned", counts.released());
        json.writeNumberField("dontneed", counts.releases());
        json.writeStringField("memory", memory.provider());
        json.writeArrayFieldStart("refused");
        for (String refusal : memory.refusals()) {
            json.writeString(refusal);
        }
        json.writeEndArray();
        json.writeNumberField("dmabuf-size", memory.dmaBuf().size());
        json.writeNumberField("dmabuf-id", memory.binding().id());
        if (rxPageSize.isPresent()) {
            json.writeNumberField("rx-page-size", rxPageSize.getAsInt());
        }
        json.writeNumberField("ifindex", link.ifindex());
        json.writeStringField("ifname", link.ifname());
        json.writeArrayFieldStart("queues");
        for (int queue : memory.binding().queues()) {
            json.writeNumber(queue);
        }
        json.writeEndArray();
        json.writeStringField("from", from);
        if (verified.isPresent()) {
            json.writeNumberField("verified", verified.getAsInt());
        }
        json.writeEndObject();
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        text.append(counts.bytes() + " bytes from " + from + " by " + link.ifname() + " in "
                + SendProgress.decimal(seconds, 3) + " s, "
                + SendProgress.mebibytes((double) counts.bytes() / Math.max(seconds, 1e-9)) + "/s\n");
        text.append(counts.deviceBytes() + " bytes in device memory, " + counts.linearBytes() + " in ordinary memory, "
                + counts.receives() + " recvmsg calls\n");
        verified.ifPresent(pattern -> text.append("all of them as in the pattern of " + pattern + "\n"));
        text.append(counts.fragments() + " tokens, " + counts.released() + " of them returned in " + counts.releases()
                + " calls\n");
        text.append("memory: " + memory.provider() + ", a dma-buf of "
                + memory.dmaBuf().size() + " bytes, binding " + memory.binding().id() + " of queues "
                + memory.binding().queues() + "\n");
        for (String refusal : memory.refusals()) {
            text.append("  not ").append(refusal).append('\n');
        }
        return text.toString();
    }
}
