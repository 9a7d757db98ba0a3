package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.netlink.MalformedMessageException;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of messages of links that the kernel of a test's machine may not send. */
class LinkRecordTest {
    private static NetlinkMessage message(String hex) {
        byte[] body = HexFormat.of().parseHex(hex.replaceAll("#.*|\\s", ""));
        ByteBuffer bytes = ByteBuffer.allocate(16 + body.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(bytes.capacity()).putShort((short) 16).position(16).put(body);
        // Aligned as a receive buffer is.
        MemorySegment received = Arena.ofAuto().allocate(bytes.capacity(), 8);
        received.copyFrom(MemorySegment.ofArray(bytes.array()));
        return NetlinkMessage.parse(received, 0);
    }

    @Test
    void aNetkitDeviceHasAllThatItSays() {
        Link link = Link.of(message("""
                00 00 fe ff 07000000 c1000100 00000000       # type NONE, ifindex 7, up|running|noarp|lower-up
                0800 0300 6e6b3000
                0800 2500 01000000                           # LINK_NETNSID 1
                5c00 1280
                  0b00 0100 6e65746b697400 00
                  4c00 0280
                    0500 0200 01 000000                      # PRIMARY
                    0800 0300 02000000                       # POLICY
                    0800 0500 01000000                       # MODE L3
                    0800 0600 00000000                       # SCRUB NONE
                    0600 0800 4000 0000                      # HEADROOM
                    0600 0900 2000 0000                      # TAILROOM
                    0800 0a00 00000000                       # PAIRING
                    0800 0400 00000000                       # PEER_POLICY
                    0800 0700 01000000                       # PEER_SCRUB
                0000                                         # less than a header at the end
                """));
        assertThat(link.ifindex()).isEqualTo(7);
        assertThat(link.type()).isEqualTo(0xfffe);
        assertThat(link.flags()).hasToString("[up, running, no-arp, lower-up]");
        assertThat(link.linkNetnsid()).hasValue(1);
        assertThat(link.kind()).contains("netkit");
        assertThat(link.netkit()).hasValueSatisfying(netkit -> {
            assertThat(netkit.primary()).isTrue();
            assertThat(netkit.policy()).contains(NetkitPolicy.BLACKHOLE);
            assertThat(netkit.peerPolicy()).contains(NetkitPolicy.FORWARD);
            assertThat(netkit.mode()).contains(NetkitMode.L3);
            assertThat(netkit.scrub()).contains(NetkitScrub.NONE);
            assertThat(netkit.peerScrub()).contains(NetkitScrub.DEFAULT);
            assertThat(netkit.headroom()).hasValue(64);
            assertThat(netkit.tailroom()).hasValue(32);
            assertThat(netkit.pairing()).contains(NetkitPairing.PAIR);
            assertThat(netkit.unknown()).isEmpty();
        });
    }

    @Test
    void whatANewerKernelAddsIsKept() {
        Link link = Link.of(message("""
                00 00 0100 07000000 00000080 00000000        # a flag without a name
                0800 0300 6e6b3000
                0500 1000 09 000000                          # OPERSTATE 9
                1c00 1280
                  0b00 0100 6e65746b697400 00
                  0c00 0280
                    0800 6300 01000000                       # attribute 99 of netkit
                0600 6400 abcd 0000                          # attribute 100 of links
                """));
        assertThat(link.flags()).hasToString("[0x80000000]");
        assertThat(link.operstate()).hasToString("Optional[9]");
        assertThat(link.netkit().orElseThrow().unknown()).containsExactly(new UnknownAttribute(99, "01000000"));
        assertThat(link.unknown()).isEqualTo(List.of(new UnknownAttribute(100, "abcd")));
    }

    @Test
    void statisticsOfAnOlderKernelAreFilledUp() {
        String fifteen = "0f00000000000000";
        Link link = Link.of(message("00000100 01000000 00000000 00000000 c400 1700" + fifteen.repeat(24)));
        assertThat(link.stats64()).hasValueSatisfying(stats -> {
            assertThat(stats.rxPackets()).isEqualTo(15);
            assertThat(stats.rxNohandler()).isEqualTo(15);
            assertThat(stats.rxOtherhostDropped()).isZero();
        });
    }

    @Test
    void aMessageWithoutItsHeaderIsMalformed() {
        assertThatThrownBy(() -> Link.of(message("00000100"))).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> Address.of(message("0200"))).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> Route.of(message("0200"))).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> Neighbour.of(message("0200"))).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> NamespaceId.of(message("00"))).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void aNextHopThatSaysItIsLongerThanItIsIsMalformed() {
        assertThatThrownBy(
                        () -> NextHop.list(MemorySegment.ofArray(HexFormat.of().parseHex("ffff000001000000"))))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("a next hop in multipath says it is 65535 bytes long");
        assertThatThrownBy(() -> NextHop.list(MemorySegment.ofArray(new byte[8])))
                .isInstanceOf(MalformedMessageException.class);
    }
}
