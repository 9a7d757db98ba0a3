package dev.qlease.cli.transfer;

import dev.qlease.cli.output.Output;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.List;

/**
 * The result of {@code qlease send}.
 *
 * @param bytes the bytes sent, all of them acknowledged
 * @param seconds from the connection's first byte to the last completion
 * @param sends the number of sendmsg calls
 * @param completed how many of these the kernel completed
 * @param copied how many of these the kernel copied instead of sending them without a copy
 * @param provider the provider that allocated the dma-buf
 * @param refusals why the providers tried before it did not work
 * @param size bytes of the dma-buf
 * @param chunk bytes of a region of it
 * @param binding the id of the binding
 * @param link the device that it was bound to
 * @param to the connection
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

    /** Prints the summary, as JSON or as text. */
    void print(boolean asJson, Output output) throws IOException {
        if (asJson) {
            output.json(toJson());
        } else {
            printLines(output);
        }
        output.flush();
    }

    /** The form in which it is printed. */
    private record Json(
            long bytes,
            double seconds,
            long sendmsg,
            long completions,
            long copied,
            String memory,
            List<String> refused,
            long dmabufSize,
            int chunk,
            int dmabufId,
            int ifindex,
            String ifname,
            String to) {}

    private Json toJson() {
        return new Json(
                bytes,
                TransferProgress.micros(seconds),
                sends,
                completed,
                copied,
                provider,
                refusals,
                size,
                chunk,
                binding,
                link.ifindex(),
                link.ifname(),
                to);
    }

    private void printLines(Output output) {
        output.printLine(
                bytes + " bytes to " + to + " with " + link.ifname() + " in " + TransferProgress.decimal(seconds, 3)
                        + " s, " + TransferProgress.mebibytes((double) bytes / Math.max(seconds, 1e-9)) + "/s");
        output.printLine(sends + " sendmsg calls, " + completed + " completed, " + copied + " of them copied");
        output.printLine("memory: " + provider + ", a dma-buf of " + size + " bytes in chunks of " + chunk
                + ", binding " + binding);
        for (String refusal : refusals) {
            output.printLine("  not " + refusal);
        }
    }
}
