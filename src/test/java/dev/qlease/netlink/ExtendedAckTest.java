package dev.qlease.netlink;

import static dev.qlease.netlink.Wire.attribute;
import static dev.qlease.netlink.Wire.hex;
import static dev.qlease.netlink.Wire.text;
import static dev.qlease.netlink.Wire.u32;
import static dev.qlease.netlink.Wire.u64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.UnsupportedException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** The kernel's objections, from bytes as it sends them to the names in the request. */
class ExtendedAckTest {
    private final FakePeer peer = new FakePeer();
    private final NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC);

    /** ifindex at 20, lease at 28, its queue at 32, whose id is at 36; a list at 44 with an element at 48. */
    private Request request() {
        return socket.request(Sample.GET, Sample.FAMILY)
                .put(Sample.IFINDEX, 7)
                .begin(Sample.LEASE)
                .begin(Sample.QUEUE)
                .put(Sample.ID, 3)
                .end()
                .end()
                .begin(Sample.LIST)
                .beginElement(1)
                .end()
                .end();
    }

    private NetlinkException refused(int error, byte[]... acks) {
        peer.script = sent ->
                peer.say(FakePeer.error(sent.sequence(), Uapi.NLM_F_ACK_TLVS() | Uapi.NLM_F_CAPPED(), error, acks));
        return Assertions.catchThrowableOfType(NetlinkException.class, request()::execute);
    }

    @Test
    void theOffendingAttributeHasItsPathAndOffset() {
        NetlinkException e = refused(22, attribute(1, text("queue out of range")), attribute(2, u32(36)));
        assertThat(e).hasMessage("sample-get: queue out of range [attribute lease.queue.id, at offset 36] (EINVAL)");
        assertThat(e.number()).isEqualTo(22);
        assertThat(e.extendedAck().attribute()).contains("lease.queue.id");
        assertThat(e.extendedAck().offset()).hasValue(36);
        assertThat(e.extendedAck().message()).contains("queue out of range");
    }

    @Test
    void aMissingAttributeIsNamedByTheNestItBelongsIn() {
        assertThat(refused(22, attribute(5, u32(1))).extendedAck().missing()).contains("ifindex");
        assertThat(refused(22, attribute(5, u32(11)), attribute(6, u32(32)))
                        .extendedAck()
                        .missing())
                .contains("lease.queue.type");
        assertThat(refused(22, attribute(5, u32(3)), attribute(6, u32(48)))
                        .extendedAck()
                        .missing())
                .contains("list.1.id");
        assertThat(refused(22, attribute(5, u32(77)), attribute(6, u32(32)))
                        .extendedAck()
                        .missing())
                .contains("lease.queue.attribute 77");
        assertThat(refused(22, attribute(5, u32(1)), attribute(6, u32(5000)))
                        .extendedAck()
                        .missing())
                .contains("attribute 1");
    }

    @Test
    void thePolicyIsInWords() {
        NetlinkException e = refused(
                34,
                attribute(2, u32(20)),
                attribute(0x8004, attribute(1, u32(4)), attribute(4, u64(1)), attribute(5, u64(0x7fffffff))));
        assertThat(e)
                .hasMessage("sample-get: Math result not representable"
                        + " [attribute ifindex, at offset 20, allowed: u32 1..2147483647] (ERANGE)");
    }

    @Test
    void signedPoliciesAreSigned() {
        assertThat(refused(34, attribute(0x8004, attribute(1, u32(8)), attribute(2, u64(-5)), attribute(3, u64(-1))))
                        .extendedAck()
                        .policy())
                .contains("s32 -5..-1");
        assertThat(refused(34, attribute(0x8004, attribute(1, u32(10)), attribute(7, u32(15))))
                        .extendedAck()
                        .policy())
                .contains("binary ..15 bytes");
        assertThat(refused(34, attribute(0x8004, attribute(1, u32(4)), attribute(12, u64(7))))
                        .extendedAck()
                        .policy())
                .contains("u32 mask 0x7");
    }

    @Test
    void cookiesAndStrangersDoNoHarm() {
        NetlinkException e = refused(1, attribute(3, hex("0102")), attribute(70, u32(1)));
        assertThat(e.extendedAck().cookie()).contains("0102");
        assertThat(e).hasMessage("sample-get: Operation not permitted (EPERM)");
    }

    @Test
    void offsetsOutsideTheRequestNameNothing() {
        for (int offset : new int[] {0, 19, 52, 1 << 30, -4}) {
            NetlinkException e = refused(22, attribute(2, u32(offset)));
            assertThat(e.extendedAck().attribute()).as("%d", offset).isEmpty();
            assertThat(e.extendedAck().offset()).hasValue(offset);
        }
    }

    @Test
    void anAckThatCannotBeReadDoesNotHideTheError() {
        assertThat(refused(22, hex("ffff0100"))).hasMessage("sample-get: Invalid argument (EINVAL)");
        assertThat(refused(22, attribute(2, hex("01")))).hasMessage("sample-get: Invalid argument (EINVAL)");
    }

    @Test
    void withoutTheFlagWhatFollowsIsNoAck() {
        peer.script = sent -> peer.say(FakePeer.error(sent.sequence(), 0, 22, attribute(1, text("not an ack"))));
        Assertions.assertThatThrownBy(request()::execute).hasMessage("sample-get: Invalid argument (EINVAL)");
    }

    @Test
    void whatIsNotSupportedIsOfItsOwnType() {
        for (int error : new int[] {95, 38, 93, 97, 524}) {
            peer.script = sent -> peer.say(
                    FakePeer.error(sent.sequence(), Uapi.NLM_F_ACK_TLVS(), error, attribute(1, text("no such thing"))));
            Assertions.assertThatThrownBy(request()::execute)
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContaining("no such thing")
                    .hasCauseInstanceOf(NetlinkException.class);
        }
    }
}
