package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.RequestBytes;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Requests to make links, byte for byte as the headers say on a little-endian machine. */
class LinkRequestTest {
    private static String bytes(LinkSpec spec) {
        try (Rtnetlink rtnl = Rtnetlink.open()) {
            return HexFormat.of().formatHex(RequestBytes.of(rtnl.links().creation(spec)));
        }
    }

    private static String hex(String text) {
        return text.replaceAll("#.*|\\s", "");
    }

    @Test
    void aPairOfNetkitDevices() {
        LinkSpec peer = LinkSpec.named("nk1")
                .address(HardwareAddress.parse("02:00:5e:10:00:01"))
                .numRxQueues(3);
        LinkSpec spec = LinkSpec.named("nk0")
                .mtu(1500)
                .numRxQueues(2)
                .netkit(NetkitSpec.pair(peer)
                        .mode(NetkitMode.L2)
                        .policy(NetkitPolicy.BLACKHOLE)
                        .peerPolicy(NetkitPolicy.FORWARD)
                        .scrub(NetkitScrub.NONE)
                        .peerScrub(NetkitScrub.DEFAULT)
                        .headroom(64)
                        .tailroom(32))
                .up();
        assertThat(bytes(spec)).isEqualTo(hex("""
                b4000000 1000 0006 01000000 00000000         # 180 bytes of RTM_NEWLINK, CREATE|EXCL, sequence 1
                00 00 0000 00000000 01000000 01000000        # ifinfomsg: flags and change IFF_UP
                0800 0300 6e6b3000                           # IFNAME nk0
                0800 0400 dc050000                           # MTU 1500
                0800 2000 02000000                           # NUM_RX_QUEUES 2
                7c00 1280                                    # LINKINFO, nested
                  0b00 0100 6e65746b697400 00                #   KIND netkit
                  6c00 0280                                  #   DATA, nested
                    0800 0500 00000000                       #     MODE L2
                    0800 0300 02000000                       #     POLICY DROP
                    0800 0400 00000000                       #     PEER_POLICY PASS
                    0800 0600 00000000                       #     SCRUB NONE
                    0800 0700 01000000                       #     PEER_SCRUB DEFAULT
                    0600 0800 4000 0000                      #     HEADROOM 64
                    0600 0900 2000 0000                      #     TAILROOM 32
                    3000 0180                                #     PEER_INFO, nested
                      00000000 00000000 00000000 00000000    #       ifinfomsg
                      0800 0300 6e6b3100                     #       IFNAME nk1
                      0a00 0100 02005e100001 0000            #       ADDRESS
                      0800 2000 03000000                     #       NUM_RX_QUEUES 3
                """));
    }

    @Test
    void aSingleNetkitDevice() {
        assertThat(bytes(LinkSpec.named("nk0")
                        .netkit(NetkitSpec.single())
                        .numRxQueues(2)
                        .numTxQueues(1)))
                .isEqualTo(hex("""
                        54000000 1000 0006 01000000 00000000
                        00 00 0000 00000000 00000000 00000000
                        0800 0300 6e6b3000
                        0800 2000 02000000
                        0800 1f00 01000000                   # NUM_TX_QUEUES 1
                        1c00 1280
                          0b00 0100 6e65746b697400 00
                          0c00 0280
                            0800 0a00 01000000               # PAIRING SINGLE
                        """));
    }

    @Test
    void aVethWhosePeerIsInAnotherNamespace() {
        try (NetworkNamespace namespace = NetworkNamespace.current()) {
            int fd = namespace.descriptor().number();
            assertThat(bytes(LinkSpec.named("a").veth(LinkSpec.named("b").netns(namespace))))
                    .isEqualTo(hex("""
                            60000000 1000 0006 01000000 00000000
                            00 00 0000 00000000 00000000 00000000
                            0600 0300 6100 0000
                            3800 1280
                              0900 0100 7665746800 000000    # KIND veth
                              2800 0280
                                2400 0180                    # VETH_INFO_PEER, nested
                                  00000000 00000000 00000000 00000000
                                  0600 0300 6200 0000
                                  0800 1c00 FD               # NET_NS_FD
                            """.replace("FD  ", String.format("%02x000000", fd))));
        }
    }

    @Test
    void whatIsSaidTwiceCountsOnce() {
        assertThat(bytes(LinkSpec.named("x").mtu(1).mtu(2).kind("ifb")))
                .isEqualTo(bytes(LinkSpec.named("x").mtu(2).kind("ifb")));
    }
}
