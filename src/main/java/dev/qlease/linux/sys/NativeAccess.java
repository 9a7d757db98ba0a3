package dev.qlease.linux.sys;

import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The check whether this JVM lets qlease call native functions. It precedes everything else, because initializing the
 * constants of the generated bindings already fails without native access, with a message of its own.
 *
 * <p>Classes through which a program can enter the library call {@link #require()} before they touch the bindings.
 */
public final class NativeAccess {
    private static final @Nullable String DENIAL = denial();

    private NativeAccess() {}

    /**
     * Returns normally if native functions may be called.
     *
     * @throws UnsatisfiedLinkError naming the flag to start Java with, if not
     */
    public static void require() {
        if (DENIAL != null) {
            throw new UnsatisfiedLinkError(DENIAL);
        }
    }

    /**
     * Makes a restricted call to find out: in the warning mode of Java 24, querying the permission gives another
     * result.
     */
    private static @Nullable String denial() {
        try {
            ValueLayout.ADDRESS.withTargetLayout(ValueLayout.JAVA_BYTE);
            return null;
        } catch (IllegalCallerException _) {
            Module module = NativeAccess.class.getModule();
            return "qlease calls the kernel through native functions, which this Java was told to deny: start it with"
                    + " --enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
        }
    }
}
