package io.vipline.dataplane.frame.live;

import java.util.concurrent.atomic.AtomicLongArray;

/** The counters of one device: each has a single writer, any thread may read. */
public final class DeviceCounters {
    private final AtomicLongArray values = new AtomicLongArray(DeviceCounter.values().length);

    void add(DeviceCounter counter, long more) {
        int index = counter.ordinal();
        values.setRelease(index, values.getPlain(index) + more);
    }

    public long get(DeviceCounter counter) {
        return values.getAcquire(counter.ordinal());
    }

    /** Counts a frame that was not sent, by the reason the kernel gave. */
    void addSendFailure(int errno) {
        add(
                switch (errno) {
                    case Linux.EAGAIN -> DeviceCounter.SEND_QUEUE_FULL;
                    case Linux.ENOBUFS -> DeviceCounter.SEND_NO_BUFFER;
                    case Linux.EMSGSIZE -> DeviceCounter.SEND_TOO_LONG;
                    case Linux.EINVAL -> DeviceCounter.SEND_MALFORMED;
                    case Linux.ENETDOWN, Linux.EIO -> DeviceCounter.SEND_INTERFACE_DOWN;
                    default -> DeviceCounter.SEND_FAILED;
                },
                1);
    }
}
