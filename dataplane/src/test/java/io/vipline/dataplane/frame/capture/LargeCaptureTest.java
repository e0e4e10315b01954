package io.vipline.dataplane.frame.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeCaptureTest {
    private static final int FRAME_BYTES = CaptureParser.MAX_FRAME_BYTES;
    private static final int FRAMES = 20_000;

    @TempDir
    Path folder;

    /** 4.9 GiB long, a record header each 256 KiB and holes between: 80 MB on the disk. */
    @Test
    void aFileLongerThanFourGibibytesIsReadToItsLastFrame() throws IOException {
        Path file = folder.resolve("large.pcap");
        CaptureBytes header = CaptureBytes.little().pcap(PcapParser.NANOSECONDS, 0, 1);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(header.toBytes()));
            long at = header.size();
            for (int i = 0; i < FRAMES; i++) {
                CaptureBytes record =
                        CaptureBytes.little().u32(i).u32(i).u32(FRAME_BYTES).u32(FRAME_BYTES + i);
                channel.write(ByteBuffer.wrap(record.toBytes()), at);
                at += 16 + FRAME_BYTES;
                channel.write(ByteBuffer.wrap(new byte[] {(byte) i}), at - 1);
            }
            assertThat(at).isGreaterThan(1L << 32);
        }
        try (CaptureReader reader = CaptureReader.open(file)) {
            FrameBatch batch = new FrameBatch();
            int frames = 0;
            while (reader.poll(batch, FrameBatch.CAPACITY) != FrameSource.END) {
                for (int i = 0; i < batch.count; i++, frames++) {
                    assertThat(batch.timeNs(i)).isEqualTo(frames * 1_000_000_001L);
                    assertThat(batch.original(i)).isEqualTo(FRAME_BYTES + frames);
                    byte last = batch.memory.getByte(batch.offset(i) + batch.captured(i) - 1);
                    assertThat(last).isEqualTo((byte) frames);
                }
            }
            assertThat(frames).isEqualTo(FRAMES);
            assertThat(reader.problem()).isEmpty();
            assertThat(reader.consumedBytes()).isEqualTo(reader.sizeBytes());
        }
    }
}
