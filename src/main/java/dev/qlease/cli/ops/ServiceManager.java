package dev.qlease.cli.ops;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.UnixSockets;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The service manager that started this process, if it wants to be told its state; sd_notify(3). */
final class ServiceManager {
    private final Optional<String> socket;

    private ServiceManager(Optional<String> socket) {
        this.socket = socket;
    }

    /** Returns the one that NOTIFY_SOCKET names. */
    static ServiceManager ofEnvironment() {
        return of(System.getenv("NOTIFY_SOCKET"));
    }

    /** @param address the path of a socket, @ and an abstract name, or null if there is no service manager */
    static ServiceManager of(@Nullable String address) {
        return new ServiceManager(
                Optional.ofNullable(address).filter(text -> text.startsWith("/") || text.startsWith("@")));
    }

    /** Tells the state, as lines of a name, = and a value. Without a service manager, has no effect. */
    void tell(String lines) {
        if (socket.isPresent()) {
            try {
                UnixSockets.sendDatagram(socket.get(), lines.getBytes(StandardCharsets.UTF_8));
            } catch (LinuxException e) {
                // It is gone or does not read: the leases matter more than what it knows of them.
                return;
            }
        }
    }
}
