package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PendingTest {
    private final Pending pending = new Pending();

    private Exchange<Integer> add(int number) {
        RequestImage image = new RequestImage(Sample.GET, "", MemorySegment.NULL, 0);
        Exchange<Integer> exchange = new Exchange<>(image, NetlinkMessage::type, Ending.REPLY);
        exchange.number(number);
        pending.add(exchange);
        return exchange;
    }

    private List<Exchange<?>> visited() {
        List<Exchange<?>> visited = new ArrayList<>();
        pending.visit(exchange -> {
            visited.add(exchange);
            return false;
        });
        return visited;
    }

    @Test
    void anExchangeIsFoundByItsNumberUntilItIsRemoved() {
        Exchange<?> exchange = add(7);
        assertThat(pending.get(7)).isSameAs(exchange);
        assertThat(pending.get(7 + 64)).isNull();
        pending.remove(7 + 64);
        assertThat(pending.get(7)).isSameAs(exchange);
        pending.remove(7);
        assertThat(pending.get(7)).isNull();
        assertThat(visited()).isEmpty();
    }

    @Test
    void anyNumberOfExchangesWithAnyNumbersIsKept() {
        Map<Integer, Exchange<?>> expected = new HashMap<>();
        Random random = new Random(1);
        for (int i = 0; i < 5000; i++) {
            int number = random.nextInt(400) - 200;
            if (expected.containsKey(number)) {
                pending.remove(number);
                expected.remove(number);
            } else {
                expected.put(number, add(number));
            }
            assertThat(pending.get(number)).isSameAs(expected.get(number));
        }
        expected.forEach((number, exchange) -> assertThat(pending.get(number)).isSameAs(exchange));
        assertThat(visited()).containsExactlyInAnyOrderElementsOf(expected.values());
    }

    @Test
    void aVisitEndsWhereItIsAskedTo() {
        add(1);
        add(2);
        add(1 + 64);
        int[] visits = new int[1];
        pending.visit(_ -> ++visits[0] == 2);
        assertThat(visits[0]).isEqualTo(2);
    }
}
