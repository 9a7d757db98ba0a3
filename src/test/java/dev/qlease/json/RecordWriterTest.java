package dev.qlease.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.netdev.Dev;
import dev.qlease.netdev.IoUringProvider;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netdev.QueueType;
import dev.qlease.netdev.XdpFeatures;
import dev.qlease.netdev.XdpRxMetadata;
import dev.qlease.netdev.XskFlags;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.UnknownAttribute;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RecordWriterTest {
    private static final Map<Integer, String> NAMES = Map.of(7, "eth0");

    private static String json(Record value) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            RecordWriter.brief(json, ifindex -> Optional.ofNullable(NAMES.get(ifindex)))
                    .write(value);
        }
        return text.toString();
    }

    private static Queue queue(QueueType type, Optional<IoUringProvider> ioUring, Optional<Lease> lease) {
        return new Queue(
                3, type, 7, OptionalInt.empty(), OptionalInt.empty(), ioUring, Optional.empty(), lease, List.of());
    }

    @Test
    void namesAreTheKernelsAndWhatIsAbsentIsLeftOut() throws IOException {
        Queue queue = new Queue(
                3,
                QueueType.RX,
                7,
                OptionalInt.of(8193),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
        assertThat(json(queue)).isEqualTo("""
                {"id":3,"type":"rx","ifindex":7,"ifname":"eth0","napi-id":8193}""");
    }

    @Test
    void aNestWithoutAttributesIsAnEmptyObject() throws IOException {
        Queue queue = queue(QueueType.RX, Optional.of(new IoUringProvider(OptionalLong.empty())), Optional.empty());
        assertThat(json(queue)).endsWith("\"io-uring\":{}}");
    }

    @Test
    void anIfindexOfThisNamespaceIsFollowedByItsName() throws IOException {
        Lease here = new Lease(7, QueueId.rx(1), OptionalInt.empty());
        assertThat(json(queue(QueueType.RX, Optional.empty(), Optional.of(here))))
                .endsWith("\"lease\":{\"ifindex\":7,\"ifname\":\"eth0\",\"queue\":{\"id\":1,\"type\":\"rx\"}}}");
    }

    @Test
    void anIfindexOfAnotherNamespaceHasNoName() throws IOException {
        Lease there = new Lease(7, QueueId.rx(1), OptionalInt.of(0));
        assertThat(json(queue(QueueType.RX, Optional.empty(), Optional.of(there))))
                .endsWith("\"lease\":{\"ifindex\":7,\"queue\":{\"id\":1,\"type\":\"rx\"},\"netns-id\":0}}");
    }

    @Test
    void aDeviceThatIsGoneHasNoName() throws IOException {
        assertThat(json(new Indexed(OptionalInt.of(9), OptionalLong.empty()))).isEqualTo("{\"ifindex\":9}");
    }

    @Test
    void anEnumsValueWithoutANameStaysANumber() throws IOException {
        assertThat(json(queue(new QueueType(9), Optional.empty(), Optional.empty())))
                .contains("\"type\":9,");
    }

    @Test
    void flagsAreAnArrayOfNamesAndOfMasksWithoutOne() throws IOException {
        Dev dev = new Dev(
                7,
                new XdpFeatures(0x41 | 1L << 40),
                OptionalLong.of(17),
                new XdpRxMetadata(0),
                new XskFlags(0),
                List.of());
        assertThat(json(dev))
                .contains("\"xdp-features\":[\"basic\",\"ndo-xmit-sg\",\"0x10000000000\"]")
                .contains("\"xdp-zc-max-segs\":17,\"xdp-rx-metadata-features\":[]");
    }

    @Test
    void longsAreUnsignedAndIntsSigned() throws IOException {
        assertThat(json(new Indexed(OptionalInt.of(-1), OptionalLong.of(-1))))
                .isEqualTo("{\"ifindex\":-1,\"bytes\":18446744073709551615}");
    }

    @Test
    void attributesWithoutNamesStandUnderTheirNumbers() throws IOException {
        assertThat(json(new Strange(List.of(new UnknownAttribute(17, "0a0b"), new UnknownAttribute(3, "")))))
                .isEqualTo("{\"17\":\"0a0b\",\"3\":\"\"}");
    }

    @Test
    void listsFlagsAndOtherValuesAreWritten() throws IOException {
        Various various = new Various(
                List.of("a", "b"), List.of(), true, false, Optional.of(HardwareAddress.parse("02:00:00:00:00:01")), 5L);
        assertThat(json(various))
                .isEqualTo(
                        "{\"alt-ifname\":[\"a\",\"b\"],\"xsk\":true,\"address\":\"02:00:00:00:00:01\",\"rx2-max\":5}");
    }

    record Indexed(OptionalInt ifindex, OptionalLong bytes) {}

    record Strange(List<UnknownAttribute> unknown) {}

    record Various(
            List<String> altIfname,
            List<String> none,
            boolean xsk,
            boolean off,
            Optional<HardwareAddress> address,
            long rx2Max) {}
}
