package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.memory.NativeMemory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Frames of a capture file, pcap or pcapng, from a memory map or a pipe. A capture that is broken is read up to the
 * break, then {@link #poll} says {@link #END} and {@link #problem} says where and why. Used by one thread, which need
 * not be the one that opened it.
 */
public final class CaptureReader implements RewindableSource {
    /** Bytes of a file mapped at a time. */
    public static final int WINDOW_BYTES = 1 << 30;
    /** Bytes of a pipe held at a time, unless a record is longer. */
    public static final int STREAM_BYTES = 1 << 20;

    private static final int GZIP = 0x8b1f;
    private static final int ZSTD = 0xfd2fb528;

    private final CaptureWindow window;
    private final long sizeBytes;
    /** Null: the capture cannot be read at all, and {@link #problem} is set. */
    private final CaptureParser parser;

    private CaptureProblem problem;
    private boolean ended;
    /** Whether the end has been seen once. */
    private boolean timesKnown;

    private long earliestNs = Long.MAX_VALUE;
    private long latestNs = Long.MIN_VALUE;

    private CaptureReader(CaptureWindow window, long sizeBytes) {
        this.window = window;
        this.sizeBytes = sizeBytes;
        this.parser = parserOfFormat();
        if (parser != null) {
            // up to the first packet, so that the interfaces are known before it
            advance(new FrameBatch(), 0);
        }
    }

    /** Opens a file by a memory map; what is no regular file (a FIFO, {@code /dev/stdin}) as a pipe. */
    public static CaptureReader open(Path file) throws IOException {
        return open(file, WINDOW_BYTES);
    }

    /** @param windowBytes bytes to map at a time; a longer record gets a longer window */
    public static CaptureReader open(Path file, int windowBytes) throws IOException {
        boolean mappable = Files.isRegularFile(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        // files of /proc say that they are empty
        if (mappable && channel.size() > 0) {
            return new CaptureReader(new MappedWindow(channel, windowBytes), channel.size());
        }
        return of(channel, STREAM_BYTES);
    }

    /**
     * Reads a pipe, whose bytes are seen once: it cannot be rewound. Polls block until a frame has come.
     *
     * @param bufferBytes bytes held at a time; more if a record is longer
     */
    public static CaptureReader of(ReadableByteChannel channel, int bufferBytes) {
        return new CaptureReader(new StreamWindow(channel, bufferBytes), -1);
    }

    private CaptureParser parserOfFormat() {
        if (!isShown(4)) {
            problem = problem != null ? problem : tooShort();
            return null;
        }
        NativeMemory memory = new NativeMemory(window.address, window.length);
        int magic = memory.getInt(0);
        if (magic == PcapngParser.SECTION_HEADER) {
            return new PcapngParser(window);
        }
        if (!PcapParser.isMagic(magic) && !PcapParser.isMagic(Integer.reverseBytes(magic))) {
            problem = wrongMagic(magic);
            return null;
        }
        if (!isShown(PcapParser.FILE_HEADER_BYTES)) {
            problem = problem != null ? problem : tooShort();
            return null;
        }
        memory.wrap(window.address, window.length);
        problem = PcapParser.headerProblem(memory);
        return problem == null ? new PcapParser(window, memory) : null;
    }

    private CaptureProblem tooShort() {
        return new CaptureProblem(
                0,
                window.length == 0 ? "an empty file" : "a file of " + window.length + " bytes",
                "a capture begins with a header of 24 bytes or more",
                "check that the capture was written and copied whole");
    }

    private static CaptureProblem wrongMagic(int magic) {
        boolean packed = (magic & 0xffff) == GZIP || magic == ZSTD;
        return new CaptureProblem(
                0,
                String.format("no capture: it begins with %08x", Integer.reverseBytes(magic)),
                "pcap begins with a1b2c3d4, a1b23c4d or a1b2cd34 in either byte order, pcapng with 0a0d0d0a",
                packed ? "unpack it first, with gunzip or unzstd" : "give a pcap or pcapng file");
    }

    /** {@inheritDoc} Allocates nothing but for new interfaces. */
    @Override
    public int poll(FrameBatch batch, int limit) {
        batch.count = 0;
        if (ended || problem != null) {
            return END;
        }
        advance(batch, limit);
        if (batch.count == 0) {
            ended = true;
            timesKnown = true;
            return END;
        }
        if (!timesKnown) {
            noteTimes(batch);
        }
        return batch.count;
    }

    /** Scans on, moving the window where no whole record is left in it, until the batch has frames or none are left. */
    private void advance(FrameBatch batch, int limit) {
        while (problem == null) {
            batch.memory.wrap(window.address, window.length);
            int neededBytes = parser.scan(batch, limit);
            if (batch.count > 0) {
                return;
            }
            if (neededBytes == 0) {
                problem = parser.problem;
                return;
            }
            if (!isShown(neededBytes)) {
                if (problem == null && window.remaining() > 0) {
                    problem = cutOff(neededBytes);
                }
                return;
            }
        }
    }

    private boolean isShown(int neededBytes) {
        try {
            return window.slide(neededBytes);
        } catch (IOException e) {
            long offset = window.offsetOf(window.position);
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            problem = new CaptureProblem(
                    offset, "reading failed: " + reason, "the system said so", "check the disk or the pipe's writer");
            return false;
        }
    }

    private CaptureProblem cutOff(int neededBytes) {
        return new CaptureProblem(
                window.offsetOf(window.position),
                "the capture ends inside a " + parser.recordName(),
                "of at least " + neededBytes + " bytes only " + window.remaining() + " are there",
                "nothing to do if the capture was stopped hard; else copy it anew");
    }

    private void noteTimes(FrameBatch batch) {
        for (int i = 0; i < batch.count; i++) {
            // a simple packet block has no time
            if (batch.timeNs(i) != parser.timeShiftNs) {
                earliestNs = Math.min(earliestNs, batch.timeNs(i) - parser.timeShiftNs);
                latestNs = Math.max(latestNs, batch.timeNs(i) - parser.timeShiftNs);
            }
        }
    }

    /** Where and why reading stopped before the capture's end; to be asked after {@link #END}. */
    public Optional<CaptureProblem> problem() {
        return Optional.ofNullable(problem);
    }

    /** Nanoseconds from the earliest to the latest frame read so far, in the capture's own time; 0 before any. */
    @Override
    public long lengthNs() {
        return earliestNs > latestNs ? 0 : latestNs - earliestNs;
    }

    /** Whether {@link #rewind} works: not for a pipe. */
    public boolean isRewindable() {
        return window.rewindable();
    }

    /**
     * Starts over from the first frame. Frames of the last batch become invalid; interfaces stay as they are.
     *
     * @param timeShiftNs added to every time stamp of the capture from now on, in place of the shift before
     * @throws UnsupportedOperationException for a pipe
     */
    @Override
    public void rewind(long timeShiftNs) throws IOException {
        window.rewind();
        ended = false;
        if (parser != null) {
            problem = null;
            parser.timeShiftNs = timeShiftNs;
            parser.rewind();
        }
    }

    /** Whether time stamps may be finer than a microsecond: all but pcap files with microseconds. */
    public boolean isFinerThanMicroseconds() {
        return !(parser instanceof PcapParser pcap) || pcap.nanoseconds();
    }

    /** Bytes of the capture that frames were read from so far. */
    @Override
    public long consumedBytes() {
        return window.offsetOf(window.position);
    }

    /** Bytes of the whole capture; -1 for a pipe. */
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public List<FrameInterface> interfaces() {
        return parser == null ? List.of() : parser.interfaces();
    }

    @Override
    public void close() {
        window.close();
    }
}
