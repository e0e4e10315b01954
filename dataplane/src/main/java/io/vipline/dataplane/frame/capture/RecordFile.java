package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.memory.NativeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of records written through one native buffer, in which only whole records are ever handed to the system. When
 * the system takes only part of them, the file is cut behind the last whole one. Used by one thread.
 */
final class RecordFile {
    /** Room for the longest record: a frame, its comment of 64 KiB, and the fields around them. */
    private static final int MAX_RECORD_BYTES = CaptureParser.MAX_FRAME_BYTES + (1 << 17);

    private final String name;
    private final WritableByteChannel channel;
    private final Arena arena = Arena.ofShared();
    private final ByteBuffer bytes;
    private final MessageDigest digest;
    /** Ends of the records in the buffer, in order. */
    private final int[] recordEnd;

    private int records;
    private int used;
    private long writtenBytes;
    private CaptureWriteException failure;

    /** What records are written into, from {@link #place} on. */
    final NativeMemory buffer;

    RecordFile(String name, WritableByteChannel channel, int bufferBytes) {
        this.name = name;
        this.channel = channel;
        MemorySegment segment = arena.allocate(Math.max(bufferBytes, MAX_RECORD_BYTES), 64);
        bytes = segment.asByteBuffer();
        buffer = new NativeMemory(segment.address(), bytes.capacity());
        // no record is shorter than pcap's header
        recordEnd = new int[bytes.capacity() / PcapParser.RECORD_HEADER_BYTES];
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Where a record of at most so many bytes may be written in the {@link #buffer}. */
    int place(int maxBytes) {
        if (failure != null) {
            throw failure;
        }
        if (bytes.capacity() - used < maxBytes || records == recordEnd.length) {
            flush();
        }
        return used;
    }

    /** Takes in the record that was written at the last {@link #place}. */
    void add(int recordBytes) {
        used += recordBytes;
        recordEnd[records++] = used;
    }

    /** A failure of the file that the caller throws: what it was asked to hold does not fit its format. */
    CaptureWriteException refusal(String what) {
        return new CaptureWriteException(name, writtenBytes, what);
    }

    void flush() {
        if (used == 0 || failure != null) {
            return;
        }
        bytes.limit(used).position(0);
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            keep(used);
        } catch (IOException e) {
            keep(wholeBytes(bytes.position()));
            cutFile(e);
            failure = new CaptureWriteException(name, writtenBytes, e);
            throw failure;
        }
    }

    private void keep(int keptBytes) {
        digest.update(bytes.duplicate().limit(keptBytes).position(0));
        writtenBytes += keptBytes;
        used = 0;
        records = 0;
    }

    private int wholeBytes(int taken) {
        int whole = 0;
        for (int i = 0; i < records && recordEnd[i] <= taken; i++) {
            whole = recordEnd[i];
        }
        return whole;
    }

    private void cutFile(IOException because) {
        if (channel instanceof FileChannel file) {
            try {
                file.truncate(writtenBytes);
            } catch (IOException e) {
                // a device has no length
                because.addSuppressed(e);
            }
        }
    }

    boolean hasFailed() {
        return failure != null;
    }

    /** Closes the channel and gives the buffer back; what is not flushed is lost. */
    void abandon() {
        buffer.wrap(0, 0);
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            failure = failure != null ? failure : new CaptureWriteException(name, writtenBytes, e);
            throw failure;
        }
    }

    /** Bytes handed to the system so far, in whole records. */
    long writtenBytes() {
        return writtenBytes;
    }

    /** Lower-case hex of all bytes handed to the system. To be asked once, after {@link #close}. */
    String sha256() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
