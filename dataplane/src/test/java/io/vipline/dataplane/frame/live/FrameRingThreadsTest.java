package io.vipline.dataplane.frame.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring between two threads that really run at once. */
class FrameRingThreadsTest {
    private static final List<FrameInterface> ONE = List.of(new FrameInterface("a", LinkType.ETHERNET, 0));
    private static final int MAX_FRAME_BYTES = 700;
    private static final long ENOUGH_FRAMES = 40_000;

    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private volatile boolean stopped;

    @AfterEach
    void endThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Frames without end, numbered by their time; every byte of one says its number. */
    private static final class Numbered implements FrameSource {
        private final NativeMemory memory = NativeMemory.allocate(FrameBatch.CAPACITY * MAX_FRAME_BYTES);
        private long offered;

        static int length(long number) {
            return (int) (number * 31 % MAX_FRAME_BYTES);
        }

        @Override
        public int poll(FrameBatch batch, int limit) {
            batch.count = 0;
            batch.memory.wrap(memory);
            while (batch.count < limit) {
                int at = batch.count * MAX_FRAME_BYTES;
                int length = length(offered);
                memory.setMemory(at, length, (byte) offered);
                batch.add(at, length, length, offered, 0, LinkType.ETHERNET);
                offered++;
            }
            return batch.count;
        }

        @Override
        public List<FrameInterface> interfaces() {
            return ONE;
        }

        @Override
        public void close() {}
    }

    /** Takes frames and checks that each is whole and later than the one before. */
    private static final class Reader {
        private final RingSource source;
        private final FrameBatch batch = new FrameBatch();
        private long arrived;
        private long lastNumber = -1;
        private String fault = "";

        Reader(FrameRing ring) {
            source = new RingSource(ring, ONE);
        }

        int read(int limit) {
            int count = source.poll(batch, limit);
            for (int i = 0; i < count; i++) {
                long number = batch.timeNs(i);
                boolean whole = number > lastNumber && batch.captured(i) == Numbered.length(number);
                for (int at = 0; whole && at < batch.captured(i); at++) {
                    whole = batch.memory.getByte(batch.offset(i) + at) == (byte) number;
                }
                fault = whole ? fault : "frame " + number + " after " + lastNumber;
                lastNumber = number;
                arrived++;
            }
            return count;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void everyFrameArrivesWholeOrIsCountedAsLostHoweverOftenTheRingOverflows(int readAtOnce) throws Exception {
        FrameRing ring = new FrameRing(1 << 13);
        Numbered frames = new Numbered();
        SourceAgent writer = new SourceAgent(frames, ring);
        Reader reader = new Reader(ring);
        Future<?> writing = threads.submit(() -> {
            while (!stopped && !Thread.currentThread().isInterrupted()) {
                writer.doWork();
            }
        });
        // shutdown in flight: the writer is told to stop while both are busy, and the reader goes on until all is read
        Future<?> reading = threads.submit(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                boolean last = writing.isDone();
                if (reader.read(readAtOnce) == 0 && last) {
                    return;
                }
                stopped |= reader.arrived > ENOUGH_FRAMES;
            }
        });
        writing.get(60, TimeUnit.SECONDS);
        reading.get(60, TimeUnit.SECONDS);

        assertThat(reader.fault).isEmpty();
        assertThat(writer.lost()).as("the ring overflowed").isPositive();
        assertThat(reader.arrived + writer.lost()).isEqualTo(frames.offered);
        assertThat(ring.isEmpty()).isTrue();
    }

    @Test
    void whatWasCommittedBeforeTheWriterWentIsReadAndWhatWasClaimedOnlyIsNot() throws Exception {
        FrameRing ring = new FrameRing(1 << 16);
        Numbered frames = new Numbered();
        SourceAgent writer = new SourceAgent(frames, ring);
        CountDownLatch gone = new CountDownLatch(1);
        threads.submit(() -> {
            writer.doWork();
            // a claim that its thread will never commit
            ring.claim(100);
            gone.countDown();
        });
        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
        Reader reader = new Reader(ring);
        while (reader.read(7) > 0) {
            assertThat(reader.fault).isEmpty();
        }
        assertThat(writer.lost()).isZero();
        assertThat(reader.arrived).isEqualTo(FrameBatch.CAPACITY);
        assertThat(ring.isEmpty()).as("the claim stands").isFalse();
    }
}
