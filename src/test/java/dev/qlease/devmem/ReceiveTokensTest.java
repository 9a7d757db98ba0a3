package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.dmabuf_token;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens given back to what does as sock_devmem_dontneed in net/core/sock.c does. */
class ReceiveTokensTest {
    private final Arena arena = Arena.ofConfined();
    private final TreeSet<Integer> kernels = new TreeSet<>();
    private final List<List<int[]>> calls = new ArrayList<>();
    private int limit = 1024;
    private final Tokens tokens = new Tokens(arena, this::dontNeed);

    @AfterEach
    void free() {
        arena.close();
    }

    private int dontNeed(MemorySegment ranges, int count) {
        assertThat(count).isBetween(1, 128);
        List<int[]> call = new ArrayList<>();
        int asked = 0;
        int freed = 0;
        for (int i = 0; i < count; i++) {
            MemorySegment range = dmabuf_token.asSlice(ranges, i);
            call.add(new int[] {dmabuf_token.token_start(range), dmabuf_token.token_count(range)});
            for (int j = 0; j < dmabuf_token.token_count(range); j++) {
                if (++asked > limit && freed > 0) {
                    calls.add(call);
                    return freed;
                }
                freed += kernels.remove(dmabuf_token.token_start(range) + j) ? 1 : 0;
            }
        }
        assertThat(asked).isLessThanOrEqualTo(1024);
        calls.add(call);
        return freed;
    }

    private void handOut(int... those) {
        for (int token : those) {
            kernels.add(token);
            tokens.add(token);
        }
    }

    @Test
    void neighboursGoBackAsOneRange() {
        handOut(7, 5, 6, 64, 63, 100);
        assertThat(tokens.outstanding()).isEqualTo(6);
        assertThat(tokens.giveBack(new int[] {100, 6, 63, 5, 64, 7}, 6)).isEqualTo(6);
        assertThat(calls)
                .singleElement()
                .satisfies(call ->
                        assertThat(call).containsExactly(new int[] {5, 3}, new int[] {63, 2}, new int[] {100, 1}));
        assertThat(tokens.outstanding()).isZero();
        assertThat(kernels).isEmpty();
    }

    @Test
    void noCallHasMoreRangesOrFragmentsThanTheKernelTakes() {
        int[] many = IntStream.range(0, 3000).toArray();
        int[] scattered = IntStream.range(0, 300).map(i -> 4000 + 2 * i).toArray();
        handOut(many);
        handOut(scattered);
        assertThat(tokens.giveBackAll()).isEqualTo(3300);
        assertThat(kernels).isEmpty();
        assertThat(tokens.calls()).isEqualTo(5);
    }

    @Test
    void aCallThatFreesAPartIsRepeated() {
        limit = 100;
        handOut(IntStream.range(0, 350).toArray());
        assertThat(tokens.giveBackAll()).isEqualTo(350);
        assertThat(kernels).isEmpty();
        assertThat(tokens.calls()).isGreaterThan(3);
    }

    @Test
    void whatIsNotOutIsPassedOver() {
        handOut(1, 2);
        assertThat(tokens.giveBack(new int[] {-1, 1, 1, -2, 700}, 5)).isEqualTo(1);
        assertThat(tokens.isOut(1)).isFalse();
        assertThat(tokens.isOut(2)).isTrue();
        assertThat(tokens.giveBack(new int[] {1}, 1)).isZero();
        assertThat(calls).hasSize(1);
    }

    @Test
    void whatTheKernelDoesNotKnowIsTold() {
        handOut(1, 2, 3);
        kernels.remove(2);
        assertThatThrownBy(tokens::giveBackAll).hasMessageContaining("freed only 2 of 3");
        assertThat(tokens.outstanding()).isZero();
    }

    @Test
    void whatACallFailedToReturnIsStillOut() {
        Tokens refusing = new Tokens(arena, (_, _) -> {
            throw new LinuxException("setsockopt", Errno.ENOMEM.number());
        });
        refusing.add(9);
        assertThatThrownBy(refusing::giveBackAll).isInstanceOf(LinuxException.class);
        assertThat(refusing.outstanding()).isEqualTo(1);
        assertThat(refusing.isOut(9)).isTrue();
    }

    @Test
    void anyOrderOfReceivingAndReturningEndsWithNothingOut() {
        Random random = new Random(5);
        TreeSet<Integer> out = new TreeSet<>();
        for (int round = 0; round < 300; round++) {
            for (int i = random.nextInt(200); i > 0; i--) {
                int lowest = 0;
                while (out.contains(lowest)) {
                    lowest++;
                }
                out.add(lowest);
                handOut(lowest);
            }
            int[] back = out.stream()
                    .filter(_ -> random.nextInt(3) > 0)
                    .mapToInt(i -> i)
                    .toArray();
            assertThat(tokens.giveBack(back, back.length)).isEqualTo(back.length);
            IntStream.of(back).forEach(out::remove);
            assertThat(kernels).isEqualTo(out);
            assertThat(tokens.outstanding()).isEqualTo(out.size());
        }
        tokens.giveBackAll();
        assertThat(kernels).isEmpty();
    }
}
