package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.NativeAccess;
import java.util.Optional;

/**
 * The error numbers of Linux, by name; asm-generic/errno.h.
 *
 * <p>Of names that share a number only the first is a constant: EAGAIN for EWOULDBLOCK, EDEADLK for EDEADLOCK,
 * EOPNOTSUPP for ENOTSUP, EBADMSG for EFSBADCRC, EUCLEAN for EFSCORRUPTED.
 */
public enum Errno {
    EPERM(first(), "Operation not permitted"),
    ENOENT(Libc.ENOENT(), "No such file or directory"),
    ESRCH(Libc.ESRCH(), "No such process"),
    EINTR(Libc.EINTR(), "Interrupted system call"),
    EIO(Libc.EIO(), "I/O error"),
    ENXIO(Libc.ENXIO(), "No such device or address"),
    E2BIG(Libc.E2BIG(), "Argument list too long"),
    ENOEXEC(Libc.ENOEXEC(), "Exec format error"),
    EBADF(Libc.EBADF(), "Bad file number"),
    ECHILD(Libc.ECHILD(), "No child processes"),
    EAGAIN(Libc.EAGAIN(), "Try again"),
    ENOMEM(Libc.ENOMEM(), "Out of memory"),
    EACCES(Libc.EACCES(), "Permission denied"),
    EFAULT(Libc.EFAULT(), "Bad address"),
    ENOTBLK(Libc.ENOTBLK(), "Block device required"),
    EBUSY(Libc.EBUSY(), "Device or resource busy"),
    EEXIST(Libc.EEXIST(), "File exists"),
    EXDEV(Libc.EXDEV(), "Cross-device link"),
    ENODEV(Libc.ENODEV(), "No such device"),
    ENOTDIR(Libc.ENOTDIR(), "Not a directory"),
    EISDIR(Libc.EISDIR(), "Is a directory"),
    EINVAL(Libc.EINVAL(), "Invalid argument"),
    ENFILE(Libc.ENFILE(), "File table overflow"),
    EMFILE(Libc.EMFILE(), "Too many open files"),
    ENOTTY(Libc.ENOTTY(), "Not a typewriter"),
    ETXTBSY(Libc.ETXTBSY(), "Text file busy"),
    EFBIG(Libc.EFBIG(), "File too large"),
    ENOSPC(Libc.ENOSPC(), "No space left on device"),
    ESPIPE(Libc.ESPIPE(), "Illegal seek"),
    EROFS(Libc.EROFS(), "Read-only file system"),
    EMLINK(Libc.EMLINK(), "Too many links"),
    EPIPE(Libc.EPIPE(), "Broken pipe"),
    EDOM(Libc.EDOM(), "Math argument out of domain of func"),
    ERANGE(Libc.ERANGE(), "Math result not representable"),
    EDEADLK(Libc.EDEADLK(), "Resource deadlock would occur"),
    ENAMETOOLONG(Libc.ENAMETOOLONG(), "File name too long"),
    ENOLCK(Libc.ENOLCK(), "No record locks available"),
    ENOSYS(Libc.ENOSYS(), "Invalid system call number"),
    ENOTEMPTY(Libc.ENOTEMPTY(), "Directory not empty"),
    ELOOP(Libc.ELOOP(), "Too many symbolic links encountered"),
    ENOMSG(Libc.ENOMSG(), "No message of desired type"),
    EIDRM(Libc.EIDRM(), "Identifier removed"),
    ECHRNG(Libc.ECHRNG(), "Channel number out of range"),
    EL2NSYNC(Libc.EL2NSYNC(), "Level 2 not synchronized"),
    EL3HLT(Libc.EL3HLT(), "Level 3 halted"),
    EL3RST(Libc.EL3RST(), "Level 3 reset"),
    ELNRNG(Libc.ELNRNG(), "Link number out of range"),
    EUNATCH(Libc.EUNATCH(), "Protocol driver not attached"),
    ENOCSI(Libc.ENOCSI(), "No CSI structure available"),
    EL2HLT(Libc.EL2HLT(), "Level 2 halted"),
    EBADE(Libc.EBADE(), "Invalid exchange"),
    EBADR(Libc.EBADR(), "Invalid request descriptor"),
    EXFULL(Libc.EXFULL(), "Exchange full"),
    ENOANO(Libc.ENOANO(), "No anode"),
    EBADRQC(Libc.EBADRQC(), "Invalid request code"),
    EBADSLT(Libc.EBADSLT(), "Invalid slot"),
    EBFONT(Libc.EBFONT(), "Bad font file format"),
    ENOSTR(Libc.ENOSTR(), "Device not a stream"),
    ENODATA(Libc.ENODATA(), "No data available"),
    ETIME(Libc.ETIME(), "Timer expired"),
    ENOSR(Libc.ENOSR(), "Out of streams resources"),
    ENONET(Libc.ENONET(), "Machine is not on the network"),
    ENOPKG(Libc.ENOPKG(), "Package not installed"),
    EREMOTE(Libc.EREMOTE(), "Object is remote"),
    ENOLINK(Libc.ENOLINK(), "Link has been severed"),
    EADV(Libc.EADV(), "Advertise error"),
    ESRMNT(Libc.ESRMNT(), "Srmount error"),
    ECOMM(Libc.ECOMM(), "Communication error on send"),
    EPROTO(Libc.EPROTO(), "Protocol error"),
    EMULTIHOP(Libc.EMULTIHOP(), "Multihop attempted"),
    EDOTDOT(Libc.EDOTDOT(), "RFS specific error"),
    EBADMSG(Libc.EBADMSG(), "Not a data message"),
    EOVERFLOW(Libc.EOVERFLOW(), "Value too large for defined data type"),
    ENOTUNIQ(Libc.ENOTUNIQ(), "Name not unique on network"),
    EBADFD(Libc.EBADFD(), "File descriptor in bad state"),
    EREMCHG(Libc.EREMCHG(), "Remote address changed"),
    ELIBACC(Libc.ELIBACC(), "Can not access a needed shared library"),
    ELIBBAD(Libc.ELIBBAD(), "Accessing a corrupted shared library"),
    ELIBSCN(Libc.ELIBSCN(), ".lib section in a.out corrupted"),
    ELIBMAX(Libc.ELIBMAX(), "Attempting to link in too many shared libraries"),
    ELIBEXEC(Libc.ELIBEXEC(), "Cannot exec a shared library directly"),
    EILSEQ(Libc.EILSEQ(), "Illegal byte sequence"),
    ERESTART(Libc.ERESTART(), "Interrupted system call should be restarted"),
    ESTRPIPE(Libc.ESTRPIPE(), "Streams pipe error"),
    EUSERS(Libc.EUSERS(), "Too many users"),
    ENOTSOCK(Libc.ENOTSOCK(), "Socket operation on non-socket"),
    EDESTADDRREQ(Libc.EDESTADDRREQ(), "Destination address required"),
    EMSGSIZE(Libc.EMSGSIZE(), "Message too long"),
    EPROTOTYPE(Libc.EPROTOTYPE(), "Protocol wrong type for socket"),
    ENOPROTOOPT(Libc.ENOPROTOOPT(), "Protocol not available"),
    EPROTONOSUPPORT(Libc.EPROTONOSUPPORT(), "Protocol not supported"),
    ESOCKTNOSUPPORT(Libc.ESOCKTNOSUPPORT(), "Socket type not supported"),
    EOPNOTSUPP(Libc.EOPNOTSUPP(), "Operation not supported on transport endpoint"),
    EPFNOSUPPORT(Libc.EPFNOSUPPORT(), "Protocol family not supported"),
    EAFNOSUPPORT(Libc.EAFNOSUPPORT(), "Address family not supported by protocol"),
    EADDRINUSE(Libc.EADDRINUSE(), "Address already in use"),
    EADDRNOTAVAIL(Libc.EADDRNOTAVAIL(), "Cannot assign requested address"),
    ENETDOWN(Libc.ENETDOWN(), "Network is down"),
    ENETUNREACH(Libc.ENETUNREACH(), "Network is unreachable"),
    ENETRESET(Libc.ENETRESET(), "Network dropped connection because of reset"),
    ECONNABORTED(Libc.ECONNABORTED(), "Software caused connection abort"),
    ECONNRESET(Libc.ECONNRESET(), "Connection reset by peer"),
    ENOBUFS(Libc.ENOBUFS(), "No buffer space available"),
    EISCONN(Libc.EISCONN(), "Transport endpoint is already connected"),
    ENOTCONN(Libc.ENOTCONN(), "Transport endpoint is not connected"),
    ESHUTDOWN(Libc.ESHUTDOWN(), "Cannot send after transport endpoint shutdown"),
    ETOOMANYREFS(Libc.ETOOMANYREFS(), "Too many references: cannot splice"),
    ETIMEDOUT(Libc.ETIMEDOUT(), "Connection timed out"),
    ECONNREFUSED(Libc.ECONNREFUSED(), "Connection refused"),
    EHOSTDOWN(Libc.EHOSTDOWN(), "Host is down"),
    EHOSTUNREACH(Libc.EHOSTUNREACH(), "No route to host"),
    EALREADY(Libc.EALREADY(), "Operation already in progress"),
    EINPROGRESS(Libc.EINPROGRESS(), "Operation now in progress"),
    ESTALE(Libc.ESTALE(), "Stale file handle"),
    EUCLEAN(Libc.EUCLEAN(), "Structure needs cleaning"),
    ENOTNAM(Libc.ENOTNAM(), "Not a XENIX named type file"),
    ENAVAIL(Libc.ENAVAIL(), "No XENIX semaphores available"),
    EISNAM(Libc.EISNAM(), "Is a named type file"),
    EREMOTEIO(Libc.EREMOTEIO(), "Remote I/O error"),
    EDQUOT(Libc.EDQUOT(), "Quota exceeded"),
    ENOMEDIUM(Libc.ENOMEDIUM(), "No medium found"),
    EMEDIUMTYPE(Libc.EMEDIUMTYPE(), "Wrong medium type"),
    ECANCELED(Libc.ECANCELED(), "Operation Canceled"),
    ENOKEY(Libc.ENOKEY(), "Required key not available"),
    EKEYEXPIRED(Libc.EKEYEXPIRED(), "Key has expired"),
    EKEYREVOKED(Libc.EKEYREVOKED(), "Key has been revoked"),
    EKEYREJECTED(Libc.EKEYREJECTED(), "Key was rejected by service"),
    EOWNERDEAD(Libc.EOWNERDEAD(), "Owner died"),
    ENOTRECOVERABLE(Libc.ENOTRECOVERABLE(), "State not recoverable"),
    ERFKILL(Libc.ERFKILL(), "Operation not possible due to RF-kill"),
    EHWPOISON(Libc.EHWPOISON(), "Memory page has hardware error"),
    EFTYPE(Libc.EFTYPE(), "Wrong file type for the intended operation");

    private static final Errno[] BY_NUMBER = new Errno[values()[values().length - 1].number + 1];

    static {
        for (Errno errno : values()) {
            BY_NUMBER[errno.number] = errno;
        }
    }

    private final int number;
    private final String description;

    Errno(int number, String description) {
        this.number = number;
        this.description = description;
    }

    /**
     * The number of the first constant. Reading it triggers the check for native access before any other constant is
     * read.
     */
    private static int first() {
        NativeAccess.require();
        return Libc.EPERM();
    }

    /** Returns the error with this number; empty if it has no name here. */
    public static Optional<Errno> of(int number) {
        return number < 0 || number >= BY_NUMBER.length ? Optional.empty() : Optional.ofNullable(BY_NUMBER[number]);
    }

    /** Returns the error's number on this machine, positive. */
    public int number() {
        return number;
    }

    /** Returns the short description in errno.h, such as "No such device". */
    public String description() {
        return description;
    }
}
