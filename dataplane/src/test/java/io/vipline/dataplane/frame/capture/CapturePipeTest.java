package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CapturePipeTest {
    @TempDir
    Path folder;

    private Path pipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        return pipe;
    }

    @Test
    void aFrameIsHandedOverWhenItHasComeAndNotWhenABufferIsFull() throws Exception {
        Path pipe = pipe();
        CompletableFuture<OutputStream> opening = CompletableFuture.supplyAsync(() -> {
            try {
                OutputStream out = Files.newOutputStream(pipe);
                out.write(
                        CaptureBytes.little().pcap(PcapParser.NANOSECONDS, 0, 1).toBytes());
                return out;
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        FrameBatch batch = new FrameBatch();
        try (CaptureReader reader = CaptureReader.open(pipe)) {
            OutputStream out = opening.join();
            for (int i = 1; i < 5; i++) {
                byte[] two = CaptureBytes.little()
                        .record(i, 0, frame(60), 60)
                        .record(i, 1, frame(70), 70)
                        .toBytes();
                // the second frame's last byte comes later: the first need not wait for it
                out.write(two, 0, two.length - 1);
                assertThat(reader.poll(batch, FrameBatch.CAPACITY)).isEqualTo(1);
                assertThat(batch.timeNs(0)).isEqualTo(i * 1_000_000_000L);
                out.write(two, two.length - 1, 1);
                assertThat(reader.poll(batch, FrameBatch.CAPACITY)).isEqualTo(1);
                assertThat(batch.timeNs(0)).isEqualTo(i * 1_000_000_000L + 1);
            }
            out.close();
            assertThat(reader.poll(batch, FrameBatch.CAPACITY)).isEqualTo(FrameSource.END);
            assertThat(reader.problem()).isEmpty();
            assertThat(reader.consumedBytes()).isEqualTo(24 + 4 * (2 * 16 + 130));
        }
    }

    @Test
    void aPipeCannotBeRewound() throws IOException {
        byte[] capture =
                CaptureBytes.little().pcap(PcapParser.NANOSECONDS, 0, 1).toBytes();
        try (CaptureReader reader = CaptureReader.of(new Failing(capture), 64)) {
            assertThat(reader.isRewindable()).isFalse();
            assertThatThrownBy(() -> reader.rewind(0)).isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void aReadErrorIsABreakAtTheFirstByteThatIsMissing() {
        byte[] capture = CaptureBytes.little()
                .pcap(PcapParser.NANOSECONDS, 0, 1)
                .record(1, 0, frame(60), 60)
                .u32(1)
                .toBytes();
        try (CaptureReader reader = CaptureReader.of(new Failing(capture), 64)) {
            CaptureContents read = CaptureContents.of(reader, FrameBatch.CAPACITY);
            assertThat(read.frames()).hasSize(1);
            assertThat(read.problem().toString()).startsWith("byte 100: reading failed: Input/output error");
        }
    }

    /** A device that gives some bytes and then fails. */
    private static final class Failing implements ReadableByteChannel {
        private final ByteBuffer left;

        Failing(byte[] bytes) {
            left = ByteBuffer.wrap(bytes);
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (!left.hasRemaining()) {
                throw new IOException("Input/output error");
            }
            int bytes = Math.min(into.remaining(), left.remaining());
            into.put(left.slice(left.position(), bytes));
            left.position(left.position() + bytes);
            return bytes;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
