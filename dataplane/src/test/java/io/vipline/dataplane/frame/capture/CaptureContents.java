package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** All that a reader shows of a capture. */
record CaptureContents(List<Frame> frames, CaptureProblem problem) {
    record Frame(long timeNs, int original, int face, String link, String bytes) {
        static Frame of(FrameBatch batch, int i) {
            byte[] bytes = new byte[batch.captured(i)];
            batch.memory.getBytes(batch.offset(i), bytes);
            return new Frame(
                    batch.timeNs(i),
                    batch.original(i),
                    batch.interfaceIndex(i),
                    batch.linkType(i).name(),
                    HexFormat.of().formatHex(bytes));
        }
    }

    static CaptureContents of(CaptureReader reader, int limit) {
        return new CaptureContents(frames(reader, limit), reader.problem().orElse(null));
    }

    static List<Frame> frames(FrameSource source, int limit) {
        List<Frame> frames = new ArrayList<>();
        FrameBatch batch = new FrameBatch();
        while (source.poll(batch, limit) != FrameSource.END) {
            for (int i = 0; i < batch.count; i++) {
                frames.add(Frame.of(batch, i));
            }
        }
        return frames;
    }

    static CaptureContents mapped(Path file, int windowBytes, int limit) throws IOException {
        try (CaptureReader reader = CaptureReader.open(file, windowBytes)) {
            return of(reader, limit);
        }
    }

    static CaptureContents streamed(byte[] capture, int bufferBytes) {
        try (CaptureReader reader =
                CaptureReader.of(Channels.newChannel(new ByteArrayInputStream(capture)), bufferBytes)) {
            return of(reader, FrameBatch.CAPACITY);
        }
    }

    static Path file(Path folder, byte[] capture) throws IOException {
        return Files.write(Files.createTempFile(folder, "capture", ".bin"), capture);
    }
}
