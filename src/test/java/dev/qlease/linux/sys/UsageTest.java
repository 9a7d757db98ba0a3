package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class UsageTest {
    private final AtomicInteger ends = new AtomicInteger();
    private final Usage usage = new Usage("it", ends::incrementAndGet);

    @Test
    void unusedItEndsWhenClosed() {
        assertThat(usage.isOpen()).isTrue();
        usage.close();
        usage.close();
        assertThat(ends).hasValue(1);
        assertThat(usage.isOpen()).isFalse();
    }

    @Test
    void usedItEndsWithTheLastUser() {
        usage.enter();
        usage.enter();
        usage.leave();
        usage.close();
        assertThat(ends).hasValue(0);
        assertThatIllegalStateException().isThrownBy(usage::enter).withMessage("it is closed");
        assertThat(usage.tryEnter()).isFalse();
        usage.leave();
        assertThat(ends).hasValue(1);
        usage.close();
        assertThat(ends).hasValue(1);
    }

    @Test
    void whoeverComesAndGoesItEndsOnceAndAfterAllUses() throws Exception {
        for (int round = 0; round < 300; round++) {
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger endedWhileUsed = new AtomicInteger();
            AtomicInteger ended = new AtomicInteger();
            Usage raced = new Usage("raced", () -> {
                ended.incrementAndGet();
                endedWhileUsed.addAndGet(inside.get());
            });
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                boolean closes = i < 2;
                threads.add(Thread.ofPlatform().start(() -> {
                    await(start);
                    for (int use = 0; use < 100 && raced.tryEnter(); use++) {
                        inside.incrementAndGet();
                        if (closes && use == 50) {
                            raced.close();
                        }
                        inside.decrementAndGet();
                        raced.leave();
                    }
                }));
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(ended).hasValue(1);
            assertThat(endedWhileUsed).hasValue(0);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
