package dev.qlease.linux.sys;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signals to this process, through {@code sun.misc.Signal} of the module jdk.unsupported, the only interface that Java
 * has. By reflection, since the compiler's warning about it cannot be suppressed.
 */
public final class Signals {
    private static final String PACKAGE = "sun.misc.";

    private Signals() {}

    /**
     * Runs {@code action} for each such signal, on a thread of its own, instead of ending the process.
     *
     * @param name the name without SIG, such as TERM
     */
    @SuppressWarnings("ReferenceEquality") // a proxy has no other equality
    public static void handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName(PACKAGE + "Signal");
            Class<?> handler = Class.forName(PACKAGE + "SignalHandler");
            InvocationHandler run = (proxy, method, arguments) -> switch (method.getName()) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "toString" -> "handler of SIG" + name;
                default -> {
                    action.run();
                    yield null;
                }
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, run);
            Object number = signal.getConstructor(String.class).newInstance(name);
            signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("handle SIG" + name + ": " + e, e);
        }
    }
}
