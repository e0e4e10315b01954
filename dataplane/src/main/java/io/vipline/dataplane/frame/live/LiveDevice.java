package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * An interface of this machine that frames are taken from and given to. One thread receives, one (the same or another)
 * transmits; it is closed when both have stopped. Nothing here waits.
 */
public interface LiveDevice extends AutoCloseable {
    /** The interface's name, as the kernel calls it. */
    String name();

    /** The Ethernet address that we are known by on this link, in the low 48 bits. */
    long hardwareAddress();

    /** Longest IP packet that the link takes, in bytes. */
    int mtuBytes();

    /** For poll(2): readable when frames wait. */
    int descriptor();

    /**
     * Fills the batch anew with the frames that wait, up to {@code limit}. Their bytes are valid until the next call.
     *
     * @param interfaceIndex what to call this device in the batch
     * @param nowNs nanoseconds since 1970: the frames' time of arrival
     * @return the number of frames, 0 if none waits
     * @throws SystemCallException if the device is gone
     */
    int receive(FrameBatch batch, int limit, int interfaceIndex, long nowNs);

    /**
     * Sends frames in order. What the kernel does not take is dropped and counted.
     *
     * @param memory native memory
     * @param records where {@link io.vipline.dataplane.frame.FinishedFrame} records begin in it
     * @param from first of the records to send
     * @param to behind the last; at most {@link FrameBatch#CAPACITY} of them
     * @throws SystemCallException if the device is gone
     */
    void transmit(NativeMemory memory, int[] records, int from, int to);

    /**
     * Adds what the kernel dropped since the last call to {@link DeviceCounter#RECEIVE_OVERFLOW}, where it tells. To be
     * called by the receiving thread.
     */
    default void collectDrops() {}

    DeviceCounters counters();

    @Override
    void close();
}
