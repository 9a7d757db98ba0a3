package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.qlease.ffi.uapi.Uapi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Requests, byte for byte as a little-endian kernel reads them. */
class RequestTest {
    private final FakePeer peer = new FakePeer();
    private final NetlinkSocket socket = new NetlinkSocket(peer, NetlinkProtocol.GENERIC);

    private Request leaf() {
        return socket.request(Sample.LEAF_SET, Sample.FAMILY);
    }

    private Request top() {
        return socket.request(Sample.GET, Sample.FAMILY);
    }

    private static byte[] bytes(Request request) {
        return request.seal(5).message().toArray(ValueLayout.JAVA_BYTE);
    }

    private static void assertAttributes(Request request, String hex) {
        byte[] bytes = bytes(request);
        assertThat(MemorySegment.ofArray(bytes).asSlice(20).toArray(ValueLayout.JAVA_BYTE))
                .asHexString()
                .isEqualToIgnoringCase(hex.replaceAll("\\s", ""));
        assertThat(MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_INT_UNALIGNED, 0))
                .isEqualTo(bytes.length);
    }

    @Test
    void anEmptyRequestIsTwoHeaders() {
        assertThat(bytes(leaf().flags(0x105)))
                .containsExactly(Wire.hex("14000000 2000 0501 05000000 00000000 0b010000"));
    }

    @Test
    void everyValueIsPaddedToFourBytesWithZeros() {
        assertAttributes(leaf().put(Sample.BYTE, 255), "05000100 ff000000");
        assertAttributes(leaf().put(Sample.SHORT, 0xabcd), "06000200 cdab0000");
        assertAttributes(leaf().put(Sample.ID, -2), "08000300 feffffff");
        assertAttributes(leaf().put(Sample.NAME, "abc"), "08000700 61626300");
        assertAttributes(leaf().put(Sample.NAME, "abcd"), "09000700 61626364 00000000");
        assertAttributes(leaf().put(Sample.NAME, ""), "05000700 00000000");
        assertAttributes(leaf().put(Sample.BYTES, new byte[] {1, 2, 3, 4, 5}), "09000e00 01020304 05000000");
        assertAttributes(leaf().put(Sample.BYTES, new byte[0]), "04000e00");
        assertAttributes(leaf().put(Sample.FLAG), "04000900");
    }

    @Test
    void paddingIsZeroedInMemoryThatWasUsedBefore() {
        for (int i = 0; i < 3; i++) {
            Request dirty = leaf().put(Sample.BYTES, new byte[2000]);
            dirty.put(Sample.BYTES, "x".repeat(1500).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            peer.script = sent -> peer.say(FakePeer.error(sent.sequence(), 0, 0));
            dirty.execute();
            assertAttributes(
                    leaf().put(Sample.NAME, "abcd").put(Sample.BYTE, 1),
                    "09000700 61626364 00000000 05000100 01000000");
        }
    }

    @Test
    void sixtyFourBitsNeedNoAlignment() {
        assertAttributes(leaf().put(Sample.COUNT, 0x1122334455667788L), "0c000400 8877665544332211");
    }

    @Test
    void uintAndSintTakeTheWidthThatTheyNeed() {
        assertAttributes(leaf().put(Sample.UINT, 0xffffffffL), "08000500 ffffffff");
        assertAttributes(leaf().put(Sample.UINT, 0x100000000L), "0c000500 0000000001000000");
        assertAttributes(leaf().put(Sample.SINT, -1), "08000600 ffffffff");
        assertAttributes(leaf().put(Sample.SINT, 0x80000000L), "0c000600 0000008000000000");
        assertAttributes(leaf().put(Sample.SINT, -0x80000001L), "0c000600 ffffff7fffffffff");
    }

    @Test
    void nestsKnowTheirLengthAndSayThatTheyAreNests() {
        assertAttributes(
                top().put(Sample.IFINDEX, 7)
                        .begin(Sample.LEASE)
                        .put(Sample.LEASE_IFINDEX, 2)
                        .begin(Sample.QUEUE)
                        .put(Sample.ID, 3)
                        .end()
                        .end()
                        .begin(Sample.LINK)
                        .put(Sample.KIND, "leaf")
                        .begin(Sample.DATA)
                        .end()
                        .end(),
                """
                08000100 07000000
                1800 0280  08000100 02000000  0c00 0280  08000300 03000000
                1400 0480  09000100 6c656166 00000000  0400 0280
                """);
    }

    @Test
    void listsAndRepeatedNestsKeepTheirOrder() {
        assertAttributes(
                top().begin(Sample.LIST)
                        .beginElement(0)
                        .put(Sample.ID, 1)
                        .end()
                        .beginElement(1)
                        .end()
                        .end()
                        .begin(Sample.QUEUES)
                        .put(Sample.ID, 8)
                        .end()
                        .begin(Sample.QUEUES)
                        .put(Sample.ID, 9)
                        .end(),
                """
                1400 0380  0c00 0080 08000300 01000000  0400 0180
                0c00 0580  08000300 08000000
                0c00 0580  08000300 09000000
                """);
    }

    @Test
    void itGrowsBeyondItsFirstMemory() {
        byte[] large = new byte[5000];
        java.util.Arrays.fill(large, (byte) 7);
        Request request = leaf();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            request.put(Sample.BYTES, large).put(Sample.ID, i);
            expected.append("8c130e00").append("07".repeat(5000)).append("08000300%02x000000".formatted(i));
        }
        assertAttributes(request, expected.toString());
    }

    @Test
    void theLargestValueIsRefusedOneByteLater() {
        byte[] largest = new byte[65_531];
        assertThat(bytes(leaf().put(Sample.BYTES, largest))).hasSize(20 + 65_536);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> leaf().put(Sample.BYTES, new byte[65_532]))
                .withMessage("leaf-set: bytes has room for 65531 bytes, not 65532");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> top().begin(Sample.LEASE)
                        .begin(Sample.QUEUE)
                        .put(Sample.BYTES, largest)
                        .end())
                .withMessageContaining("a nest of");
    }

    @Test
    void valuesThatDoNotFitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> leaf().put(Sample.BYTE, 256))
                .withMessage("leaf-set: byte is 0 to 255, not 256");
        assertThatIllegalArgumentException().isThrownBy(() -> leaf().put(Sample.BYTE, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> leaf().put(Sample.SHORT, 65_536));
        assertThatIllegalArgumentException().isThrownBy(() -> leaf().put(Sample.NAME, "eth0\0x"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> top().begin(Sample.LIST).beginElement(0x4000));
    }

    @Test
    void nestsThatAreNotEndedAreNotSent() {
        Request open = top().begin(Sample.LEASE);
        assertThatIllegalStateException().isThrownBy(open::execute).withMessageContaining("a nest is not ended");
        assertThatIllegalStateException().isThrownBy(() -> top().end());
        peer.script = sent -> peer.say(FakePeer.error(sent.sequence(), 0, 0));
        open.end().execute();
        assertThat(peer.requestCount()).isEqualTo(1);
    }

    @Test
    void nestsGoEightDeep() {
        Request request = top();
        for (int i = 0; i < 8; i++) {
            request.begin(Sample.LEASE);
        }
        assertThatIllegalStateException().isThrownBy(() -> request.begin(Sample.LEASE));
    }

    @Test
    void aSentRequestIsGone() {
        peer.script = sent -> peer.say(FakePeer.error(sent.sequence(), 0, 0));
        Request request = leaf().put(Sample.ID, 1);
        request.execute();
        assertThatIllegalStateException().isThrownBy(request::execute).withMessageContaining("was sent");
        assertThatIllegalStateException().isThrownBy(() -> request.put(Sample.ID, 2));
        assertThatIllegalStateException().isThrownBy(request::header);
        assertThatIllegalStateException().isThrownBy(() -> request.dump(_ -> 1));
        assertThat(request).hasToString("leaf-set (sent)");
    }

    @Test
    void theEndingDecidesTheFlags() {
        peer.script = sent -> peer.say(FakePeer.reply(sent.sequence(), 0, 1));
        leaf().get(_ -> 1);
        assertThat(flags()).isEqualTo(Uapi.NLM_F_REQUEST());
        peer.script = sent -> peer.say(FakePeer.error(sent.sequence(), 0, 0));
        leaf().flags(Uapi.NLM_F_CREATE()).execute();
        assertThat(flags()).isEqualTo(Uapi.NLM_F_REQUEST() | Uapi.NLM_F_ACK() | Uapi.NLM_F_CREATE());
        peer.script = sent -> peer.say(FakePeer.done(sent.sequence(), 0, 0));
        leaf().dump(_ -> 1);
        assertThat(flags()).isEqualTo(Uapi.NLM_F_REQUEST() | Uapi.NLM_F_DUMP());
    }

    private int flags() {
        return MemorySegment.ofArray(peer.lastRequest()).get(ValueLayout.JAVA_SHORT_UNALIGNED, 6);
    }

    @Test
    void aPlainOperationHasItsOwnTypeAndHeader() {
        Request request = socket.request(Operation.plain(18, "getlink", 17, Sample.TOP));
        request.header().set(ValueLayout.JAVA_BYTE, 16, (byte) 9);
        assertThat(bytes(request.put(Sample.IFINDEX, 1))).containsExactly(Wire.hex("""
                        2c000000 1200 0000 05000000 00000000
                        00000000 00000000 00000000 00000000 09000000
                        08000100 01000000
                        """));
        assertThatIllegalArgumentException().isThrownBy(() -> socket.request(Sample.GET));
    }

    @Test
    void itShowsItselfByTheTables() {
        assertThat(top().put(Sample.IFINDEX, 7)
                        .begin(Sample.LEASE)
                        .begin(Sample.QUEUE)
                        .put(Sample.TYPE, 1)
                        .end()
                        .end())
                .hasToString("sample-get {ifindex: 7, lease: {queue: {type: tx}}}");
    }
}
