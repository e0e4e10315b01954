package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.memory.NativeMemory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Writes finished frames into a capture file or a pipe. Whole records only are handed to the system, so the file is
 * valid after every {@link #flush}, and after a full disk it is cut behind the last whole record. Padding is zero and
 * nothing is written that does not follow from the frames, so equal frames make equal files. Used by one thread.
 */
public final class CaptureWriter implements AutoCloseable {
    /** Bytes gathered before they are handed to the system. */
    public static final int BUFFER_BYTES = 4 << 20;

    private final RecordFile file;
    private final RecordLayout layout;
    private final List<FrameInterface> interfaces;
    private int interfacesWritten;
    private long frames;
    private boolean closed;
    private String sha256;

    private CaptureWriter(RecordFile file, CaptureFormat format, List<FrameInterface> interfaces) {
        this.file = file;
        this.interfaces = interfaces;
        this.layout = switch (format) {
            case CaptureFormat.Pcap pcap -> new PcapLayout(pcap);
            case CaptureFormat.Pcapng pcapng -> new PcapngLayout(pcapng);
        };
        layout.begin(file);
        writeInterfaces(interfaces.size());
    }

    /**
     * Makes the file, or empties the one that is there: it must not be the capture that is read.
     *
     * @param interfaces what {@link FinishedFrame#INTERFACE} refers to; may grow while frames are written
     * @throws CaptureWriteException if the interfaces do not fit the format
     */
    public static CaptureWriter open(Path path, CaptureFormat format, List<FrameInterface> interfaces)
            throws IOException {
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        return to(channel, path.toString(), format, interfaces);
    }

    /**
     * Writes into a pipe, or any channel that blocks, and closes it in the end.
     *
     * @param name what errors call it
     */
    public static CaptureWriter to(
            WritableByteChannel channel, String name, CaptureFormat format, List<FrameInterface> interfaces) {
        return to(new RecordFile(name, channel, BUFFER_BYTES), format, interfaces);
    }

    static CaptureWriter to(RecordFile file, CaptureFormat format, List<FrameInterface> interfaces) {
        try {
            return new CaptureWriter(file, format, interfaces);
        } catch (CaptureWriteException e) {
            file.abandon();
            throw e;
        }
    }

    private void writeInterfaces(int count) {
        while (interfacesWritten < count) {
            layout.addInterface(file, interfaces.get(interfacesWritten));
            interfacesWritten++;
        }
    }

    /**
     * Adds a frame. One longer than 262,144 bytes, which readers refuse, is cut there.
     *
     * @param memory holds a {@link FinishedFrame} record
     * @param record where the record begins
     * @param comment for people, shown by Wireshark; null: none. The pcap format has no place for it
     * @throws CaptureWriteException if the file cannot be written on, now and at every later call
     */
    public void write(NativeMemory memory, int record, CharSequence comment) {
        int face = memory.getInt(record + FinishedFrame.INTERFACE);
        if (face >= interfacesWritten) {
            writeInterfaces(face + 1);
        }
        layout.addFrame(file, memory, record, comment);
        frames++;
    }

    /** Hands all frames so far to the system. */
    public void flush() {
        file.flush();
    }

    /** Frames given to {@link #write}. */
    public long frames() {
        return frames;
    }

    /** Bytes handed to the system; all of the file after {@link #close}. */
    public long writtenBytes() {
        return file.writtenBytes();
    }

    /**
     * SHA-256 of the file in lower-case hex, as computed while writing.
     *
     * @throws IllegalStateException before {@link #close}
     */
    public String sha256() {
        if (!closed) {
            throw new IllegalStateException("the file is still being written");
        }
        return sha256;
    }

    /** Ends the file; after a failure only gives the memory back. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!file.hasFailed()) {
                if (interfacesWritten == 0) { // met, but none of their frames left
                    interfaces.stream().findFirst().ifPresent(first -> layout.addInterface(file, first));
                }
                layout.end(file);
                file.flush();
            }
        } finally {
            file.abandon();
            sha256 = file.sha256();
        }
    }
}
