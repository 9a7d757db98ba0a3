package dev.qlease.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.netdev.NetdevAttributes.DevAttributes;
import dev.qlease.netdev.NetdevAttributes.NapiAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netdev.NetdevAttributes.QueueAttributes;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.MalformedMessageException;
import dev.qlease.netlink.UnknownAttribute;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Replies as a little-endian kernel sends them, byte for byte, and what becomes of them. */
class NetdevRecordsTest {
    private static Attributes parse(AttributeSet set, String hex) {
        return new Attributes(set, MemorySegment.ofArray(HexFormat.of().parseHex(hex.replaceAll("\\s", ""))));
    }

    @Test
    void aLeasedQueueNamesTheOtherEnd() {
        Queue queue = Queue.of(parse(QueueAttributes.SET, """
                08000100 03000000
                08000300 00000000
                08000200 07000000
                08000400 01200000
                2800 0880
                  08000100 05000000
                  1400 0280  08000100 01000000  08000300 00000000
                  08000300 02000000
                """));
        assertThat(queue.id()).isEqualTo(3);
        assertThat(queue.type()).isEqualTo(QueueType.RX);
        assertThat(queue.napiId()).hasValue(0x2001);
        assertThat(queue.lease()).contains(new Lease(5, QueueId.rx(1), OptionalInt.of(2)));
        assertThat(queue.unknown()).isEmpty();
    }

    @Test
    void aQueueBoundToMemoryOfIoUringOrXskSaysSo() {
        Queue queue = Queue.of(parse(QueueAttributes.SET, """
                08000100 00000000 08000300 00000000 08000200 07000000
                0c00 0680 08000100 00400000
                0400 0780
                08000500 09000000
                """));
        assertThat(queue.ioUring()).contains(new IoUringProvider(OptionalLong.of(0x4000)));
        assertThat(queue.xsk()).isPresent();
        assertThat(queue.dmabuf()).hasValue(9);
    }

    @Test
    void whatANewerKernelAddsIsKept() {
        Queue queue = Queue.of(parse(QueueAttributes.SET, """
                08000100 00000000 08000300 05000000 08000200 07000000 0600 3f00 abcd 0000
                """));
        assertThat(queue.type()).hasToString("5");
        assertThat(queue.unknown()).containsExactly(new UnknownAttribute(0x3f, "abcd"));
    }

    @Test
    void aQueueWithoutItsNumberIsMalformed() {
        assertThatThrownBy(() -> Queue.of(parse(QueueAttributes.SET, "08000300 00000000")))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("queue: id is missing");
    }

    @Test
    void numbersOfEitherWidthAreRead() {
        PagePool pool = PagePool.of(parse(PagePoolAttributes.SET, """
                08000100 11000000
                08000200 07000000
                08000300 01200000
                08000400 ffffffff
                0c000500 0000000001000000
                """));
        assertThat(pool.id()).isEqualTo(17);
        assertThat(pool.napiId()).hasValue(0x2001);
        assertThat(pool.inflight()).isEqualTo(0xffff_ffffL);
        assertThat(pool.inflightMem()).isEqualTo(1L << 32);
        assertThat(pool.detachTime()).isEmpty();
    }

    @Test
    void flagsAreShownByName() {
        Dev dev = Dev.of(parse(DevAttributes.SET, "08000100 07000000 0c000300 2b00000000000001"));
        assertThat(dev.xdpFeatures().has(XdpFeatures.BASIC)).isTrue();
        assertThat(dev.xdpFeatures().has(XdpFeatures.HW_OFFLOAD)).isFalse();
        assertThat(dev.xdpFeatures()).hasToString("[basic, redirect, xsk-zerocopy, rx-sg, 0x100000000000000]");
    }

    @Test
    void aThreadedNapiNamesItsMode() {
        Napi napi = Napi.of(parse(NapiAttributes.SET, "08000100 07000000 08000200 01200000 08000800 02000000"));
        assertThat(napi.threaded()).isEqualTo(Optional.of(NapiThreaded.BUSY_POLL));
        assertThat(napi.irq()).isEmpty();
    }

    @Test
    void countersThatADriverDoesNotKeepAreEmpty() {
        QStats stats = QStats.of(parse(QStatsAttributes.SET, """
                08000100 07000000 08000200 01000000 08000300 00000000 08000a00 05000000
                """));
        assertThat(stats.queueType()).contains(QueueType.TX);
        assertThat(stats.txPackets()).hasValue(5);
        assertThat(stats.rxPackets()).isEmpty();
    }
}
