package io.vipline.dataplane.frame.capture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

/**
 * A window onto a file through a read-only memory map, remapped as it slides, so that a file may be far larger than
 * memory and than what an {@code int} counts. Bytes added to the file after opening are not seen.
 */
final class MappedWindow extends CaptureWindow {
    private final FileChannel channel;
    private final long fileBytes;
    private final int windowBytes;
    private Arena arena;

    /** @param windowBytes bytes to map at a time; a longer record gets a longer window */
    MappedWindow(FileChannel channel, int windowBytes) throws IOException {
        this.channel = channel;
        this.fileBytes = channel.size();
        this.windowBytes = windowBytes;
        map(0, 0);
    }

    @Override
    boolean slide(int needBytes) throws IOException {
        if (remaining() < needBytes && fileOffset + length < fileBytes) {
            map(offsetOf(position), needBytes);
        }
        return remaining() >= needBytes;
    }

    private void map(long offset, int needBytes) throws IOException {
        unmap();
        length = (int) Math.min(Math.max(windowBytes, needBytes), fileBytes - offset);
        fileOffset = offset;
        position = 0;
        if (length > 0) {
            // shared: the thread that reads need not be the one that opened
            arena = Arena.ofShared();
            MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, offset, length, arena);
            address = segment.address();
        }
    }

    private void unmap() {
        address = 0;
        length = 0;
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }

    @Override
    boolean rewindable() {
        return true;
    }

    @Override
    void rewind() throws IOException {
        if (fileOffset == 0) {
            position = 0;
        } else {
            map(0, 0);
        }
    }

    @Override
    public void close() {
        unmap();
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
