package dev.qlease.dmabuf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.nio.file.Path;

/** Opens device files whose absence means that this machine does not have a provider. */
final class Devices {
    private Devices() {}

    /**
     * Opens {@code device} for reading and writing.
     *
     * @param remedy what to do if there is no such file; follows "there is no FILE: " in the message
     * @throws UnsupportedException if there is no such file, or no device behind it
     */
    static FileDescriptor open(String provider, Path device, String remedy) {
        try {
            return FileDescriptor.open(device, Libc.O_RDWR());
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV) || e.is(Errno.ENXIO)) {
                throw unsupported(provider, "there is no " + device + ": " + remedy);
            }
            throw e;
        }
    }

    static UnsupportedException unsupported(String provider, String sentence) {
        return new UnsupportedException(new LinuxException(provider, Errno.EOPNOTSUPP.number(), sentence));
    }
}
