package io.vipline.dataplane.frame.live;

/** A system call that the kernel refused: which, why, and what a person can do about it. */
public final class SystemCallException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String call;
    private final int errno;
    private final String mend;

    /**
     * @param call the call and what it was about, as in {@code ioctl TUNSETIFF tap0}
     * @param errno the kernel's error number
     */
    public SystemCallException(String call, int errno) {
        super(call + ": " + ErrnoText.name(errno) + " (" + ErrnoText.sentence(errno) + "): " + mend(errno));
        this.call = call;
        this.errno = errno;
        this.mend = mend(errno);
    }

    public String call() {
        return call;
    }

    public int errno() {
        return errno;
    }

    public String mend() {
        return mend;
    }

    private static String mend(int errno) {
        return switch (errno) {
            case Linux.EPERM, Linux.EACCES -> "run it as root, or give it CAP_NET_ADMIN and CAP_NET_RAW";
            case Linux.ENOENT -> "see that the name is right and, for /dev/net/tun, the tun module loaded";
            case Linux.ENODEV, Linux.ENXIO, Linux.EBADFD -> "see which interfaces there are with 'ip link'";
            case Linux.EBUSY -> "another process holds the device: end that one or take another name";
            case Linux.ENETDOWN, Linux.EIO -> "bring the interface up with 'ip link set NAME up'";
            case Linux.EINVAL -> "the kernel knows no such option, or the name is that of another kind of interface";
            case Linux.EMFILE -> "raise the limit of open files (ulimit -n)";
            case Linux.ENOMEM, Linux.ENOBUFS -> "the kernel is out of memory for it: free some";
            default -> "errno(3) has more";
        };
    }
}
