package io.vipline.dataplane.frame.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameRingTest {
    private static final List<FrameInterface> ONE = List.of(new FrameInterface("a", LinkType.ETHERNET, 0));

    private static boolean put(FrameRing ring, int number, int bytes) {
        int record = ring.claim(bytes);
        if (record == FrameSink.FULL) {
            return false;
        }
        ring.memory().putLong(record + FinishedFrame.NUMBER, number);
        ring.memory().putInt(record + FinishedFrame.LENGTH, bytes);
        ring.memory().setMemory(record + FinishedFrame.HEADER_BYTES, bytes, (byte) number);
        ring.commit();
        return true;
    }

    private static List<Integer> take(FrameRing ring, int limit) {
        int[] records = new int[limit];
        int count = ring.peek(records, limit);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = (int) ring.memory().getLong(records[i] + FinishedFrame.NUMBER);
            int bytes = FinishedFrame.length(ring.memory(), records[i]);
            if (bytes > 0) {
                byte last = ring.memory().getByte(records[i] + FinishedFrame.HEADER_BYTES + bytes - 1);
                assertThat(last).isEqualTo((byte) number);
            }
            numbers.add(number);
        }
        ring.release(count);
        return numbers;
    }

    @Test
    void recordsStayUntilReleased() {
        FrameRing ring = new FrameRing(1 << 12);
        put(ring, 1, 60);
        put(ring, 2, 60);
        int[] records = new int[8];
        assertThat(ring.peek(records, 8)).isEqualTo(2);
        assertThat(ring.peek(records, 8)).isEqualTo(2);
        ring.release(1);
        assertThat(take(ring, 8)).containsExactly(2);
        assertThat(ring.isEmpty()).isTrue();
    }

    @Test
    void abortedRecordsAreNeverSeen() {
        FrameRing ring = new FrameRing(1 << 12);
        put(ring, 1, 60);
        ring.claim(100);
        ring.abort();
        put(ring, 2, 60);
        ring.claim(10);
        ring.abort();
        assertThat(take(ring, 8)).containsExactly(1, 2);
        assertThat(take(ring, 8)).isEmpty();
        put(ring, 3, 60);
        assertThat(take(ring, 8)).containsExactly(3);
    }

    @Test
    void aFullRingRefusesAndGoesOnOnceReleased() {
        FrameRing ring = new FrameRing(1 << 12);
        int number = 0;
        while (put(ring, number, 300)) {
            number++;
        }
        assertThat(number).isBetween(9, 11);
        // what lies behind the last record is too short for another: the next one goes to the ring's beginning
        assertThat(take(ring, 2)).containsExactly(0, 1);
        assertThat(put(ring, number, 300)).isTrue();
    }

    @Test
    void aFrameOverAnEighthOfTheRingIsRefused() {
        assertThat(new FrameRing(1 << 12).claim(600)).isEqualTo(FrameSink.FULL);
    }

    @Test
    void anySizesComeOutInOrderHoweverTheRingWraps() {
        FrameRing ring = new FrameRing(1 << 13);
        Random random = new Random(42);
        int written = 0;
        List<Integer> read = new ArrayList<>();
        while (written < 20_000) {
            for (int n = random.nextInt(6); n > 0; n--) {
                int bytes = random.nextInt(900);
                if (random.nextInt(10) == 0 && ring.claim(bytes) != FrameSink.FULL) {
                    ring.abort();
                }
                if (put(ring, written, bytes)) {
                    written++;
                }
            }
            read.addAll(take(ring, 1 + random.nextInt(4)));
        }
        for (List<Integer> more = take(ring, 64); !more.isEmpty(); more = take(ring, 64)) {
            read.addAll(more);
        }
        assertThat(read).hasSize(written).isSorted();
    }

    /** A source with a fixed number of equal frames. */
    private record Frames(int[] left, NativeMemory memory) implements FrameSource {
        @Override
        public int poll(FrameBatch batch, int limit) {
            batch.count = 0;
            batch.memory.wrap(memory);
            for (; batch.count < limit && left[0] > 0; left[0]--) {
                int slot = batch.count;
                batch.add(0, 100, 1500, 7_000 + left[0], 0, LinkType.ETHERNET);
                batch.unfinishedChecksum(slot, 34, 16);
                batch.superFrame(slot, 1, 1448);
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

    @Test
    void whatFindsTheRingFullIsCountedAsLostAndTheRestArrivesWithItsMetadata() {
        FrameRing ring = new FrameRing(1 << 13);
        NativeMemory memory = NativeMemory.allocate(128);
        SourceAgent agent = new SourceAgent(new Frames(new int[] {200}, memory), ring);
        for (int i = 0; i < 10; i++) {
            agent.doWork();
        }
        RingSource source = new RingSource(ring, ONE);
        FrameBatch batch = new FrameBatch();
        int arrived = 0;
        for (int count = source.poll(batch, 10); count > 0; count = source.poll(batch, 10)) {
            arrived += count;
            assertThat(batch.original(0)).isEqualTo(1500);
            assertThat(batch.captured(0)).isEqualTo(100);
            assertThat(batch.checksumStart(0)).isEqualTo(34);
            assertThat(batch.checksumOffset(0)).isEqualTo(16);
            assertThat(batch.gsoType(0)).isEqualTo(1);
            assertThat(batch.gsoSize(0)).isEqualTo(1448);
        }
        assertThat(arrived).isPositive();
        assertThat(arrived + agent.lost()).isEqualTo(200);
    }
}
