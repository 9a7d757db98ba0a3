package dev.qlease.netlink;

import static dev.qlease.netlink.FakePeer.done;
import static dev.qlease.netlink.FakePeer.reply;

import dev.qlease.ffi.uapi.Uapi;
import java.util.List;

/** Dumps from a kernel whose lists change whenever they are read, which a real one cannot be made to do. */
public final class InterruptedDumps {
    private InterruptedDumps() {}

    /**
     * Lists {@code records}, which are the same on every attempt.
     *
     * @throws DumpInterruptedException always, with them
     */
    public static <T> List<T> list(List<T> records) {
        FakePeer peer = new FakePeer();
        peer.script = sent -> {
            for (int i = 0; i < records.size(); i++) {
                peer.say(reply(sent.sequence(), Uapi.NLM_F_MULTI() | Uapi.NLM_F_DUMP_INTR(), i));
            }
            peer.say(done(sent.sequence(), Uapi.NLM_F_MULTI() | Uapi.NLM_F_DUMP_INTR(), 0));
        };
        try (NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC)) {
            return socket.request(Sample.GET, Sample.FAMILY)
                    .dump(message -> records.get(message.attributes(Sample.TOP, Sample.GET.headerSize())
                            .get(Sample.IFINDEX)));
        }
    }
}
