package io.vipline.dataplane.frame.capture;

import io.vipline.rules.net.IpAddress;
import java.util.List;

/** What kind of capture file to write, and what it says beside the frames. */
public sealed interface CaptureFormat {
    /**
     * The pcap format, version 2.4: one link type, no comments. Seconds are kept in 32 bits and wrap in 2106.
     *
     * @param nanoseconds whether times are kept to the nanosecond, else to the microsecond
     */
    record Pcap(boolean nanoseconds) implements CaptureFormat {}

    /**
     * The pcapng format, version 1.0, times to the nanosecond.
     *
     * @param direction of every frame, as seen by the machine that the capture is of
     * @param names shown by Wireshark in place of addresses
     */
    record Pcapng(Direction direction, List<AddressName> names) implements CaptureFormat {
        public Pcapng {
            names = List.copyOf(names);
        }
    }

    /** Bits 0 and 1 of epb_flags (pcapng 4.3.1). */
    enum Direction {
        UNKNOWN,
        INBOUND,
        OUTBOUND
    }

    /** A Name Resolution Block's record: how an address is called. */
    record AddressName(IpAddress address, String name) {}

    /** The format that a file's name asks for: pcap if it ends so, else pcapng for what leaves a node. */
    static CaptureFormat ofFileName(String fileName, boolean nanoseconds, List<AddressName> names) {
        return fileName.endsWith(".pcap") ? new Pcap(nanoseconds) : new Pcapng(Direction.OUTBOUND, names);
    }
}
