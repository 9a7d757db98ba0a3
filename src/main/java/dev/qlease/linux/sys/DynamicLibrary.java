package dev.qlease.linux.sys;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * A shared library that a machine may have or not: dlopen(3). It stays loaded, as drivers' libraries must: they have
 * threads of their own.
 */
public final class DynamicLibrary {
    private final String name;
    private final SymbolLookup symbols;

    private DynamicLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /**
     * Loads a library, by name as the dynamic linker finds it, or by path.
     *
     * @throws UnsupportedException if there is none
     */
    public static DynamicLibrary open(String name) {
        try {
            return new DynamicLibrary(name, SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw unsupported(name, "this machine does not have the library");
        }
    }

    /**
     * A handle for one of its functions.
     *
     * @throws UnsupportedException if it has none of that name
     */
    public MethodHandle function(String function, FunctionDescriptor descriptor) {
        return symbols.find(function)
                .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor))
                .orElseThrow(() -> unsupported(name, "the library has no function " + function + ": it is too old"));
    }

    private static UnsupportedException unsupported(String name, String sentence) {
        return new UnsupportedException(new LinuxException(name, Errno.EOPNOTSUPP.number(), sentence));
    }
}
