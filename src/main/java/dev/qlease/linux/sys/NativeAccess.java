package dev.qlease.linux.sys;

import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Whether this Java lets qlease call native functions, which has to be known before anything else: already the constants of
 * the generated bindings cannot be had without, and say so in words of their own.
 *
 * <p>Classes where a program can begin call {@link #require()} before they touch the bindings.
 */
public final class NativeAccess {
    private static final @Nullable String DENIAL = denial();

    private NativeAccess() {}

    /**
     * Returns if native functions may be called.
     *
     * @throws UnsatisfiedLinkError with the flag to start Java with, if not
     */
    public static void require() {
        if (DENIAL != null) {
            throw new UnsatisfiedLinkError(DENIAL);
        }
    }

    /** Asks by making a call of the restricted kind, since under the warning mode of Java 24 asking is not being told. */
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
