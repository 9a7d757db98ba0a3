package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.List;

/**
 * What {@code qlease send} did.
 *
 * @param bytes how many were sent, all of them acknowledged
 * @param seconds from the connection's first byte to the last completion
 * @param sends how many sendmsg calls that took
 * @param completed how many of them the kernel completed
 * @param copied how many of these it had to copy, for which nothing was saved
 * @param provider who made the dma-buf
 * @param refusals why not those that were tried before
 * @param size bytes of the dma-buf
 * @param chunk bytes of a region of it
 * @param binding its id
 * @param link the device that it was bound to
 * @param to where to
 */
record SendSummary(
        long bytes,
        double seconds,
        long sends,
        long completed,
        long copied,
        String provider,
        List<String> refusals,
        long size,
        int chunk,
        int binding,
        Link link,
        String to) {
    SendSummary {
        refusals = List.copyOf(refusals);
    }

    static SendSummary of(SendMemory memory, DevmemSocket socket, DevmemOutput sending, double seconds, Link link) {
        return new SendSummary(
                sending.bytes(),
                seconds,
                sending.sends(),
                socket.completed(),
                socket.copied(),
                memory.provider(),
                memory.refusals(),
                memory.dmaBuf().size(),
                sending.chunk(),
                memory.binding().id(),
                link,
                socket.toString());
    }

    /** Prints it, as an object or for people. */
    void print(boolean asJson, Output output) throws IOException {
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                writeTo(json);
            }
            output.print("\n");
        } else {
            output.print(text());
        }
        output.flush();
    }

    private void writeTo(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("bytes", bytes);
        json.writeNumberField("seconds", Math.round(seconds * 1e6) / 1e6);
        json.writeNumberField("sendmsg", sends);
        json.writeNumberField("completions", completed);
        json.writeNumberField("copied", copied);
        json.writeStringField("memory", provider);
        json.writeArrayFieldStart("refused");
        for (String refusal : refusals) {
            json.writeString(refusal);
        }
        json.writeEndArray();
        json.writeNumberField("dmabuf-size", size);
        json.writeNumberField("chunk", chunk);
        json.writeNumberField("dmabuf-id", binding);
        json.writeNumberField("ifindex", link.ifindex());
        json.writeStringField("ifname", link.ifname());
        json.writeStringField("to", to);
        json.writeEndObject();
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        text.append(bytes + " bytes to " + to + " by " + link.ifname() + " in " + SendProgress.decimal(seconds, 3)
                + " s, " + SendProgress.mebibytes((double) bytes / Math.max(seconds, 1e-9)) + "/s\n");
        text.append(sends + " sendmsg calls, " + completed + " completed, " + copied + " of them copied\n");
        text.append("memory: " + provider + ", a dma-buf of " + size + " bytes in chunks of " + chunk + ", binding "
                + binding + "\n");
        for (String refusal : refusals) {
            text.append("  not ").append(refusal).append('\n');
        }
        return text.toString();
    }
}
