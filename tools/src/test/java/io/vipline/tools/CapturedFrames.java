package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.capture.CaptureReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Captures as lists of frames, for tests. */
public final class CapturedFrames {
    /** @param original length on the wire */
    public record Frame(byte[] bytes, int original, long timeNs, LinkType linkType) {
        DecodedFrame decoded() {
            return DecodedFrame.of(bytes, original, linkType);
        }
    }

    private CapturedFrames() {}

    /** Up to the end, or to where the file is broken. */
    public static List<Frame> read(Path file) throws IOException {
        List<Frame> frames = new ArrayList<>();
        FrameBatch batch = new FrameBatch();
        try (CaptureReader reader = CaptureReader.open(file)) {
            while (reader.poll(batch, FrameBatch.CAPACITY) != FrameSource.END) {
                for (int i = 0; i < batch.count; i++) {
                    byte[] bytes = new byte[batch.captured(i)];
                    batch.memory.getBytes(batch.offset(i), bytes);
                    frames.add(new Frame(bytes, batch.original(i), batch.timeNs(i), batch.linkType(i)));
                }
            }
        }
        return frames;
    }

    /** A pcap file with nanoseconds (magic 0xa1b23c4d) of Ethernet frames. */
    public static void write(Path file, List<Frame> frames) throws IOException {
        int bytes = frames.stream().mapToInt(frame -> 16 + frame.bytes.length).sum();
        ByteBuffer out = ByteBuffer.allocate(24 + bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0xa1b2_3c4d)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(262_144)
                .putInt(1);
        for (Frame frame : frames) {
            assertThat(frame.linkType).isEqualTo(LinkType.ETHERNET);
            out.putInt((int) (frame.timeNs / 1_000_000_000)).putInt((int) (frame.timeNs % 1_000_000_000));
            out.putInt(frame.bytes.length).putInt(frame.original).put(frame.bytes);
        }
        Files.write(file, out.array());
    }
}
