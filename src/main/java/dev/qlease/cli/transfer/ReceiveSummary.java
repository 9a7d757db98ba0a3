package dev.qlease.cli.transfer;

import dev.qlease.cli.output.Output;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveCounts;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;

/**
 * The result of {@code qlease receive}.
 *
 * @param counts what was received
 * @param seconds from accepting the connection to its end
 * @param memory the memory that it was received into
 * @param rxPageSize bytes of the pieces of that memory, if given
 * @param link the device that it was received with
 * @param from the connection
 * @param verified the period of the pattern that all data matched, if it was verified
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
     * Prints the summary, as JSON or as text.
     *
     * @param toError whether to print to standard error, since standard output has the data
     */
    void print(boolean asJson, boolean toError, Output output) throws IOException {
        if (asJson) {
            output.json(toJson());
        } else {
            printLines(output);
        }
        if (toError) {
            output.flushToError();
        } else {
            output.flush();
        }
    }

    /** The form in which it is printed. */
    private record Json(
            long bytes,
            double seconds,
            long dmabufBytes,
            long linearBytes,
            long recvmsg,
            long tokens,
            long tokensReturned,
            long dontneed,
            String memory,
            List<String> refused,
            long dmabufSize,
            int dmabufId,
            OptionalInt rxPageSize,
            int ifindex,
            String ifname,
            List<Integer> queues,
            String from,
            OptionalInt verified) {}

    private Json toJson() {
        return new Json(
                counts.bytes(),
                TransferProgress.micros(seconds),
                counts.deviceBytes(),
                counts.linearBytes(),
                counts.receives(),
                counts.fragments(),
                counts.released(),
                counts.releases(),
                memory.provider(),
                memory.refusals(),
                memory.dmaBuf().size(),
                memory.binding().id(),
                rxPageSize,
                link.ifindex(),
                link.ifname(),
                memory.binding().queues(),
                from,
                verified);
    }

    private void printLines(Output output) {
        output.printLine(counts.bytes() + " bytes from " + from + " with " + link.ifname() + " in "
                + TransferProgress.decimal(seconds, 3) + " s, "
                + TransferProgress.mebibytes((double) counts.bytes() / Math.max(seconds, 1e-9)) + "/s");
        output.printLine(counts.deviceBytes() + " bytes in device memory, " + counts.linearBytes()
                + " in ordinary memory, " + counts.receives() + " recvmsg calls");
        verified.ifPresent(pattern -> output.printLine("all of them match the pattern of " + pattern));
        output.printLine(counts.fragments() + " tokens, " + counts.released() + " of them returned in "
                + counts.releases() + " calls");
        output.printLine("memory: " + memory.provider() + ", a dma-buf of "
                + memory.dmaBuf().size() + " bytes, binding " + memory.binding().id() + " of queues "
                + memory.binding().queues());
        for (String refusal : memory.refusals()) {
            output.printLine("  not " + refusal);
        }
    }
}
