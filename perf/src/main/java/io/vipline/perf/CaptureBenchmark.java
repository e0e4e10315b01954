package io.vipline.perf;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.frame.capture.CaptureFormat;
import io.vipline.dataplane.frame.capture.CaptureReader;
import io.vipline.dataplane.frame.capture.CaptureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Finding the frames of a mapped capture. */
@State(Scope.Thread)
public class CaptureBenchmark {
    private static final int FRAMES = 1 << 18;

    /** What the file is. */
    public enum Format {
        PCAP,
        PCAPNG
    }

    @Param
    Format format;

    private final FrameBatch batch = new FrameBatch();
    private Path file;
    private CaptureReader reader;

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempFile("vipline-bench", ".capture");
        write();
        reader = CaptureReader.open(file);
    }

    private void write() throws IOException {
        CaptureFormat written = format == Format.PCAP
                ? new CaptureFormat.Pcap(true)
                : new CaptureFormat.Pcapng(CaptureFormat.Direction.UNKNOWN, List.of());
        List<FrameInterface> interfaces = List.of(new FrameInterface("clients", LinkType.ETHERNET, 1 << 16));
        try (ClientFrames frames = new ClientFrames(FrameKind.UDP4, FRAMES, 1000, 1000);
                MemorySink area = new MemorySink();
                CaptureWriter writer = CaptureWriter.open(file, written, interfaces)) {
            for (int i = 0; i < frames.batches(); i++) {
                FrameBatch from = frames.nextBatch();
                for (int j = 0; j < from.count; j++) {
                    int record = area.claim(from.captured(j));
                    area.memory().setMemory(record, FinishedFrame.HEADER_BYTES, (byte) 0);
                    area.memory().putLong(record + FinishedFrame.TIME_NS, from.timeNs(j));
                    area.memory().putInt(record + FinishedFrame.LENGTH, from.captured(j));
                    area.memory().putInt(record + FinishedFrame.ORIGINAL_LENGTH, from.original(j));
                    area.memory().putInt(record + FinishedFrame.LINK_TYPE, LinkType.ETHERNET.ordinal());
                    area.memory()
                            .putBytes(
                                    record + FinishedFrame.HEADER_BYTES, from.memory, from.offset(j), from.captured(j));
                    area.commit();
                    writer.write(area.memory(), record, null);
                }
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(FrameBatch.CAPACITY)
    public int poll() throws IOException {
        if (reader.poll(batch, FrameBatch.CAPACITY) == RewindableSource.END) {
            reader.rewind(0);
            reader.poll(batch, FrameBatch.CAPACITY);
        }
        return batch.offset(0);
    }

    @TearDown
    public void tearDown() throws IOException {
        reader.close();
        Files.delete(file);
    }
}
