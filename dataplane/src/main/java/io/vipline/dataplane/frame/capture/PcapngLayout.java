package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.capture.CaptureFormat.AddressName;
import io.vipline.dataplane.frame.capture.CaptureFormat.Direction;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes pcapng: a section header, the names of addresses, the interfaces, a block a frame with its comment, and at the
 * end each interface's statistics. It carries nothing that does not follow from the frames: no clock, host or version.
 */
final class PcapngLayout implements RecordLayout {
    private static final int NAME_RESOLUTION = 4;
    private static final int INTERFACE_STATISTICS = 5;

    private static final int OPT_COMMENT = 1;
    private static final int SHB_USERAPPL = 4;
    private static final int IF_NAME = 2;
    private static final int IF_TSRESOL = 9;
    private static final int EPB_FLAGS = 2;
    private static final int ISB_STARTTIME = 2;
    private static final int ISB_ENDTIME = 3;
    private static final int ISB_IFRECV = 4;

    private static final int NRB_IPV4 = 1;
    private static final int NRB_IPV6 = 2;
    /** Names are spread over blocks of about this size: readers bound a block's length. */
    private static final int NAMES_BLOCK_BYTES = 32_768;

    private static final int MAX_NAME_CHARS = 4_096;
    private static final int MAX_NAME_RECORD_BYTES = 3 * MAX_NAME_CHARS + 64;

    private final CaptureFormat.Pcapng format;
    private final List<Statistics> statistics = new ArrayList<>();
    private final BlockWriter block = new BlockWriter();

    PcapngLayout(CaptureFormat.Pcapng format) {
        this.format = format;
    }

    /** What was written of an interface's frames. */
    private static final class Statistics {
        long frames;
        long firstNs = Long.MAX_VALUE;
        long lastNs = Long.MIN_VALUE;
    }

    @Override
    public void begin(RecordFile file) {
        block.begin(file, PcapngParser.SECTION_HEADER, 256);
        block.int32(PcapngParser.BYTE_ORDER_MAGIC).int16(1).int16(0);
        // the section's length is not known: nothing is to be patched behind the writer
        block.int32(-1).int32(-1);
        block.text(SHB_USERAPPL, "Vipline", 7).endOptions().close();
        writeNames(file);
    }

    private void writeNames(RecordFile file) {
        boolean open = false;
        for (AddressName entry : format.names()) {
            if (!open) {
                block.begin(file, NAME_RESOLUTION, NAMES_BLOCK_BYTES + MAX_NAME_RECORD_BYTES);
            }
            writeName(entry);
            open = block.lengthBytes() < NAMES_BLOCK_BYTES;
            if (!open) {
                block.endOptions().close();
            }
        }
        if (open) {
            block.endOptions().close();
        }
    }

    private void writeName(AddressName entry) {
        if (entry.address().isV4()) {
            block.beginOption(NRB_IPV4)
                    .int32(Integer.reverseBytes(entry.address().v4()));
        } else {
            block.beginOption(NRB_IPV6);
            block.int64(Long.reverseBytes(entry.address().high()));
            block.int64(Long.reverseBytes(entry.address().low()));
        }
        block.utf8(entry.name(), MAX_NAME_CHARS).int8(0).endOption();
    }

    @Override
    public void addInterface(RecordFile file, FrameInterface face) {
        block.begin(file, PcapngParser.INTERFACE_DESCRIPTION, MAX_NAME_RECORD_BYTES);
        // not the input's snap length: frames that we make may be longer than that, and libpcap refuses such
        block.int16(face.linkNumber()).int16(0).int32(CaptureParser.MAX_FRAME_BYTES);
        if (!face.name().isEmpty()) {
            block.text(IF_NAME, face.name(), MAX_NAME_CHARS);
        }
        block.beginOption(IF_TSRESOL).int8(9).endOption();
        block.endOptions().close();
        statistics.add(new Statistics());
    }

    @Override
    public void addFrame(RecordFile file, NativeMemory memory, int record, CharSequence comment) {
        int captured = Math.min(memory.getInt(record + FinishedFrame.LENGTH), CaptureParser.MAX_FRAME_BYTES);
        int commentChars = comment == null ? 0 : Math.min(comment.length(), BlockWriter.MAX_TEXT_CHARS);
        int face = memory.getInt(record + FinishedFrame.INTERFACE);
        long timeNs = memory.getLong(record + FinishedFrame.TIME_NS);
        block.begin(file, PcapngParser.ENHANCED_PACKET, captured + 3 * commentChars + 64);
        block.int32(face).time(timeNs).int32(captured).int32(memory.getInt(record + FinishedFrame.ORIGINAL_LENGTH));
        block.bytes(memory, record + FinishedFrame.HEADER_BYTES, captured);
        if (format.direction() != Direction.UNKNOWN) {
            block.beginOption(EPB_FLAGS).int32(format.direction().ordinal()).endOption();
        }
        if (commentChars > 0) {
            block.text(OPT_COMMENT, comment, commentChars);
        }
        block.endOptions().close();
        Statistics of = statistics.get(face);
        of.frames++;
        of.firstNs = Math.min(of.firstNs, timeNs);
        of.lastNs = Math.max(of.lastNs, timeNs);
    }

    /** libpcap refuses a file without any interface, so an empty one is said to be of Ethernet frames. */
    @Override
    public void end(RecordFile file) {
        if (statistics.isEmpty()) {
            addInterface(file, new FrameInterface("", LinkType.ETHERNET, 0));
        }
        for (int face = 0; face < statistics.size(); face++) {
            Statistics of = statistics.get(face);
            block.begin(file, INTERFACE_STATISTICS, 128);
            block.int32(face).time(of.frames == 0 ? 0 : of.lastNs);
            if (of.frames > 0) {
                block.beginOption(ISB_STARTTIME).time(of.firstNs).endOption();
                block.beginOption(ISB_ENDTIME).time(of.lastNs).endOption();
            }
            block.beginOption(ISB_IFRECV).int64(of.frames).endOption();
            block.endOptions().close();
        }
    }
}
