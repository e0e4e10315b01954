package io.vipline.dataplane.frame.capture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A window onto a pipe: one native buffer, refilled by reading. Sliding blocks until the bytes needed have come or the
 * writer has closed; it takes what has come with them, so frames are not held back for a full buffer.
 */
final class StreamWindow extends CaptureWindow {
    private final ReadableByteChannel channel;
    private Arena arena;
    private MemorySegment segment;
    private ByteBuffer bytes;
    private boolean ended;

    /** @param bufferBytes size of the buffer; it grows for a longer record, which the parsers bound */
    StreamWindow(ReadableByteChannel channel, int bufferBytes) {
        this.channel = channel;
        allocate(bufferBytes);
    }

    private void allocate(int bufferBytes) {
        Arena old = arena;
        arena = Arena.ofShared();
        MemorySegment fresh = arena.allocate(bufferBytes, 64);
        if (old != null) {
            MemorySegment.copy(segment, 0, fresh, 0, length);
            old.close();
        }
        segment = fresh;
        bytes = segment.asByteBuffer();
        address = segment.address();
    }

    @Override
    boolean slide(int needBytes) throws IOException {
        if (remaining() >= needBytes) {
            return true;
        }
        dropConsumed();
        if (needBytes > bytes.capacity()) {
            allocate(needBytes);
        }
        while (length < needBytes && !ended) {
            bytes.limit(bytes.capacity()).position(length);
            int read = channel.read(bytes);
            ended = read < 0;
            length += Math.max(read, 0);
        }
        return length >= needBytes;
    }

    private void dropConsumed() {
        int left = remaining();
        MemorySegment.copy(segment, position, segment, 0, left);
        fileOffset += position;
        position = 0;
        length = left;
    }

    @Override
    boolean rewindable() {
        return false;
    }

    @Override
    void rewind() {
        throw new UnsupportedOperationException("a pipe is read once");
    }

    @Override
    public void close() {
        length = 0;
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
