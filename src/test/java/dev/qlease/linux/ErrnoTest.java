package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ffi.libc.Libc;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    /** Second names of numbers that have one already. */
    private static final Map<String, Errno> ALIASES = Map.of(
            "EWOULDBLOCK", Errno.EAGAIN,
            "EDEADLOCK", Errno.EDEADLK,
            "ENOTSUP", Errno.EOPNOTSUPP,
            "EFSBADCRC", Errno.EBADMSG,
            "EFSCORRUPTED", Errno.EUCLEAN);

    private static Map<String, Integer> numbersOfTheHeaders() throws ReflectiveOperationException {
        Map<String, Integer> numbers = new TreeMap<>();
        for (Method method : Libc.class.getMethods()) {
            // EPOLL..., EFD_... and the like have an underscore or are longer words.
            if (method.getName().matches("E(?!POLL)[A-Z0-9]+") && method.getParameterCount() == 0) {
                numbers.put(method.getName(), (int) method.invoke(null));
            }
        }
        return numbers;
    }

    @Test
    void everyNumberOfTheHeadersHasItsName() throws ReflectiveOperationException {
        Map<String, Integer> numbers = numbersOfTheHeaders();
        assertThat(numbers).hasSizeGreaterThanOrEqualTo(133);
        numbers.forEach((name, number) -> {
            Errno expected = ALIASES.containsKey(name) ? ALIASES.get(name) : Errno.valueOf(name);
            assertThat(Errno.of(number)).as(name).contains(expected);
        });
        // Linux has given out 1 to 134 but for 41 and 58, which other names have elsewhere.
        for (int number = 1; number <= 134; number++) {
            assertThat(Errno.of(number).isPresent()).as("%d", number).isEqualTo(number != 41 && number != 58);
        }
    }

    @Test
    void everyNameHasItsNumberAndWords() {
        assertThat(Arrays.stream(Errno.values()).map(Errno::number)).doesNotHaveDuplicates();
        for (Errno errno : Errno.values()) {
            assertThat(Errno.of(errno.number())).contains(errno);
            assertThat(errno.description()).isNotBlank();
        }
    }

    @Test
    void numbersWithoutANameHaveNone() {
        for (int number : new int[] {0, -1, 41, 58, 135, 524, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThat(Errno.of(number)).as("%d", number).isEmpty();
        }
    }
}
