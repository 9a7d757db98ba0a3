package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is in flight and what is free again. */
class InFlightTest {
    private final InFlight inFlight = new InFlight(8, 16);

    private void send(long offset, long length) {
        assertThat(inFlight.hasRoom(1)).isTrue();
        inFlight.begin(null, 0);
        inFlight.piece(offset, length);
    }

    @Test
    void bytesAreHeldFromTheirSendToItsCompletion() {
        send(100, 10);
        assertThat(inFlight.holds(null, 109, 1)).isTrue();
        assertThat(inFlight.holds(null, 110, 50)).isFalse();
        assertThat(inFlight.holds(null, 0, 101)).isTrue();
        assertThat(inFlight.complete(0, 0, false)).isEqualTo(1);
        assertThat(inFlight.holds(null, 0, 200)).isFalse();
    }

    @Test
    void completionsComeAsRangesInAnyOrder() {
        for (int i = 0; i < 4; i++) {
            send(i * 10, 10);
        }
        inFlight.complete(2, 3, false);
        assertThat(inFlight.outstanding()).isEqualTo(4);
        assertThat(inFlight.holds(null, 20, 20)).isFalse();
        assertThat(inFlight.holds(null, 0, 20)).isTrue();
        inFlight.complete(0, 1, false);
        assertThat(inFlight.outstanding()).isZero();
    }

    @Test
    void allPiecesOfASendAreHeld() {
        assertThat(inFlight.hasRoom(2)).isTrue();
        inFlight.begin(null, 0);
        inFlight.piece(0, 1);
        inFlight.piece(4097, 3);
        send(9000, 1);
        assertThat(inFlight.holds(null, 4099, 1)).isTrue();
        inFlight.complete(0, 0, false);
        assertThat(inFlight.holds(null, 4099, 1)).isFalse();
        assertThat(inFlight.holds(null, 9000, 1)).isTrue();
    }

    @Test
    void theRoomIsWhatItWasMadeWith() {
        for (int i = 0; i < 8; i++) {
            send(i, 1);
        }
        assertThat(inFlight.hasRoom(1)).isFalse();
        inFlight.complete(0, 0, false);
        assertThat(inFlight.hasRoom(9)).isTrue();
        assertThat(inFlight.hasRoom(10)).isFalse();
    }

    @Test
    void aCompletionOfWhatWasNeverSentIsRefused() {
        send(0, 1);
        assertThatThrownBy(() -> inFlight.complete(0, 1, false)).isInstanceOf(IllegalStateException.class);
        inFlight.complete(0, 0, false);
        assertThatThrownBy(() -> inFlight.complete(0, 0, false)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void rangesUpToTheLargestNumberDoNotOverflow() {
        send(100, 10);
        assertThat(inFlight.holds(null, 5, Long.MAX_VALUE)).isTrue();
        assertThat(inFlight.holds(null, 109, Long.MAX_VALUE)).isTrue();
        assertThat(inFlight.holds(null, 110, Long.MAX_VALUE)).isFalse();
        assertThat(inFlight.holds(null, Long.MAX_VALUE, Long.MAX_VALUE)).isFalse();
        assertThat(inFlight.holds(null, 105, 0)).isFalse();
        send(1L << 40, 1L << 33);
        assertThat(inFlight.holds(null, (1L << 40) + (1L << 33) - 1, 1)).isTrue();
        assertThat(inFlight.holds(null, (1L << 40) + (1L << 33), 1)).isFalse();
    }

    @Test
    void eachRowHasWhatItsOwnerGaveIt() {
        assertThat(inFlight.oldestCookie(-1)).isEqualTo(-1);
        for (int i = 0; i < 3; i++) {
            assertThat(inFlight.hasRoom(1)).isTrue();
            inFlight.begin(null, 70 + i);
            inFlight.piece(i, 1);
        }
        assertThat(inFlight.oldestCookie(-1)).isEqualTo(70);
        inFlight.complete(1, 1, true);
        assertThat(inFlight.oldestCookie(-1)).isEqualTo(70);
        inFlight.complete(0, 0, false);
        assertThat(inFlight.oldestCookie(-1)).isEqualTo(72);
        assertThat(inFlight.completed()).isEqualTo(2);
        assertThat(inFlight.copied()).isEqualTo(1);
    }

    @Test
    void theKernelsNumbersMayWrap() {
        InFlight wrapping = new InFlight(8, 16, 0xffff_fffeL);
        for (int i = 0; i < 4; i++) {
            assertThat(wrapping.hasRoom(1)).isTrue();
            wrapping.begin(null, 0);
            wrapping.piece(i, 1);
        }
        assertThat(wrapping.complete(-1, 0, false)).isEqualTo(2);
        assertThat(wrapping.holds(null, 1, 2)).isFalse();
        assertThat(wrapping.complete(1, 1, false)).isEqualTo(1);
        assertThat(wrapping.complete(-2, -2, false)).isEqualTo(1);
        assertThat(wrapping.outstanding()).isZero();
    }

    @Test
    void itAgreesWithASimpleListWhateverTheOrder() {
        Random random = new Random(20_261_122);
        InFlight ring = new InFlight(64, 256, 0xffff_ff00L);
        List<long[]> simple = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            int pieces = 1 + random.nextInt(4);
            if (random.nextBoolean() && ring.hasRoom(pieces)) {
                ring.begin(null, 0);
                for (int i = 0; i < pieces; i++) {
                    long offset = random.nextInt(1000);
                    long length = 1 + random.nextInt(50);
                    ring.piece(offset, length);
                    simple.add(new long[] {ring.sends() - 1, offset, length});
                }
            } else if (!simple.isEmpty()) {
                long send = simple.get(random.nextInt(simple.size()))[0];
                ring.complete((int) send, (int) send, false);
                simple.removeIf(piece -> piece[0] == send);
            }
            long at = random.nextInt(1000);
            assertThat(ring.holds(null, at, 10))
                    .isEqualTo(simple.stream().anyMatch(piece -> piece[1] < at + 10 && at < piece[1] + piece[2]));
        }
    }
}
