package io.vipline.dataplane.frame.capture;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;

/** Writes pcap 2.4; see {@link PcapParser} for the layout. Comments have no place in it. */
final class PcapLayout implements RecordLayout {
    private static final int NO_LINK = -1;
    private static final int SECOND_NS = 1_000_000_000;

    private final CaptureFormat.Pcap format;
    private int linkNumber = NO_LINK;

    PcapLayout(CaptureFormat.Pcap format) {
        this.format = format;
    }

    /** The header says the link type, so it waits for the first interface. */
    @Override
    public void begin(RecordFile file) {}

    @Override
    public void addInterface(RecordFile file, FrameInterface face) {
        if (linkNumber == NO_LINK) {
            writeHeader(file, face.linkNumber());
        } else if (linkNumber != face.linkNumber()) {
            throw file.refusal("a pcap file has one link type, and the frames have " + linkNumber + " and "
                    + face.linkNumber() + "; write .pcapng");
        }
    }

    private void writeHeader(RecordFile file, int number) {
        linkNumber = number;
        int at = file.place(PcapParser.FILE_HEADER_BYTES);
        NativeMemory out = file.buffer;
        out.putInt(at, format.nanoseconds() ? PcapParser.NANOSECONDS : PcapParser.MICROSECONDS, LITTLE_ENDIAN);
        out.putShort(at + 4, (short) 2, LITTLE_ENDIAN);
        out.putShort(at + 6, (short) 4, LITTLE_ENDIAN);
        out.putLong(at + 8, 0);
        // not the input's: frames that we make may be longer than that, and readers cut at it
        out.putInt(at + 16, CaptureParser.MAX_FRAME_BYTES, LITTLE_ENDIAN);
        out.putInt(at + 20, number, LITTLE_ENDIAN);
        file.add(PcapParser.FILE_HEADER_BYTES);
    }

    @Override
    public void addFrame(RecordFile file, NativeMemory memory, int record, CharSequence comment) {
        int captured = Math.min(memory.getInt(record + FinishedFrame.LENGTH), CaptureParser.MAX_FRAME_BYTES);
        long timeNs = memory.getLong(record + FinishedFrame.TIME_NS);
        long fraction = Math.floorMod(timeNs, SECOND_NS);
        int bytes = PcapParser.RECORD_HEADER_BYTES + captured;
        int at = file.place(bytes);
        NativeMemory out = file.buffer;
        out.putInt(at, (int) Math.floorDiv(timeNs, SECOND_NS), LITTLE_ENDIAN);
        out.putInt(at + 4, (int) (format.nanoseconds() ? fraction : fraction / 1_000), LITTLE_ENDIAN);
        out.putInt(at + 8, captured, LITTLE_ENDIAN);
        out.putInt(at + 12, memory.getInt(record + FinishedFrame.ORIGINAL_LENGTH), LITTLE_ENDIAN);
        out.putBytes(at + PcapParser.RECORD_HEADER_BYTES, memory, record + FinishedFrame.HEADER_BYTES, captured);
        file.add(bytes);
    }

    /** A file without any interface is an empty one of Ethernet frames. */
    @Override
    public void end(RecordFile file) {
        if (linkNumber == NO_LINK) {
            writeHeader(file, LinkType.ETHERNET.number());
        }
    }
}
