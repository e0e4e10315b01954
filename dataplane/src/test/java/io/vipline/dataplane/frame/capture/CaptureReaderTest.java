package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.capture.CaptureContents.Frame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class CaptureReaderTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> aCaptureIsReadUpToItsBreakHoweverItIsCutIntoWindows() {
        return Stream.of(CraftedPcap.all(), CraftedPcapng.sound(), CraftedPcapng.broken())
                .flatMap(List::stream)
                .map(c -> dynamicTest(c.name(), () -> check(c)));
    }

    private void check(CraftedCapture c) throws IOException {
        byte[] bytes = c.file().toBytes();
        Path file = CaptureContents.file(folder, bytes);
        CaptureContents whole = CaptureContents.mapped(file, CaptureReader.WINDOW_BYTES, FrameBatch.CAPACITY);
        List<String> frames =
                whole.frames().stream().map(CaptureReaderTest::line).toList();
        assertThat(String.join("; ", frames)).isEqualTo(c.frames());
        String problem = whole.problem() == null
                ? ""
                : whole.problem().offset() + " " + whole.problem().what();
        assertThat(problem).isEqualTo(c.problem());
        for (int windowBytes : new int[] {1, 37, 64, 100}) {
            assertSame(CaptureContents.mapped(file, windowBytes, 3), whole);
            assertSame(CaptureContents.streamed(bytes, windowBytes), whole);
        }
    }

    /** What is left before a break, as the problem words it, depends on nothing but the file, but for a cut record. */
    private static void assertSame(CaptureContents actual, CaptureContents expected) {
        assertThat(actual.frames()).isEqualTo(expected.frames());
        assertThat(actual.problem()).isEqualTo(expected.problem());
    }

    private static String line(Frame frame) {
        int length = frame.bytes().length() / 2;
        assertThat(frame.bytes()).isEqualTo(HexFormat.of().formatHex(frame(original(frame.bytes())), 0, length));
        return frame.timeNs() + " " + frame.original() + " " + frame.face() + " " + frame.link() + " " + length;
    }

    /** The length that {@link CaptureBytes#frame} was called with, from the first byte. */
    private static int original(String hex) {
        return hex.isEmpty() ? 0 : Integer.parseInt(hex.substring(0, 2), 16);
    }

    @Test
    void interfacesAreKnownBeforeTheFirstFrameAndGrowWhileReading() throws IOException {
        CaptureBytes file = CaptureBytes.little();
        file.section()
                .face(1, 96, file.option(2, "eth0"))
                .enhanced(0, 1, frame(4), 4)
                .face(9999, 0);
        try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, file.toBytes()))) {
            FrameInterface first = new FrameInterface("eth0", LinkType.ETHERNET, 96);
            FrameInterface second = new FrameInterface("", LinkType.OTHER, 9999, 0);
            List<FrameInterface> interfaces = reader.interfaces();
            assertThat(interfaces).containsExactly(first);
            CaptureContents.frames(reader, 1);
            assertThat(interfaces).containsExactly(first, second);
            reader.rewind(0);
            CaptureContents.frames(reader, 1);
            assertThat(interfaces).containsExactly(first, second);
        }
    }

    @Test
    void aRewoundCaptureIsReadAgainWithItsTimeMovedOn() throws IOException {
        CaptureBytes file = CraftedPcapng.started()
                .simple(frame(3), 3)
                .enhanced(0, 4, frame(8), 8)
                .enhanced(0, 30, frame(8), 8);
        for (int windowBytes : new int[] {64, CaptureReader.WINDOW_BYTES}) {
            try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, file.toBytes()), windowBytes)) {
                List<Frame> first = CaptureContents.frames(reader, FrameBatch.CAPACITY);
                assertThat(reader.lengthNs()).isEqualTo(26_000);
                for (int round = 1; round < 4; round++) {
                    long shift = round * reader.lengthNs();
                    reader.rewind(shift);
                    assertThat(CaptureContents.frames(reader, FrameBatch.CAPACITY))
                            .isEqualTo(first.stream()
                                    .map(f ->
                                            new Frame(f.timeNs() + shift, f.original(), f.face(), f.link(), f.bytes()))
                                    .toList());
                }
                assertThat(reader.lengthNs()).isEqualTo(26_000);
            }
        }
    }

    @Test
    void aRewoundBrokenCaptureBreaksAtTheSamePlace() throws IOException {
        byte[] cut = CraftedPcapng.started().u32(6).u32(100).toBytes();
        byte[] unreadable = CaptureBytes.little()
                .u32(PcapParser.MICROSECONDS)
                .u16(1)
                .u16(4)
                .i64(0)
                .i64(0)
                .toBytes();
        for (byte[] bytes : List.of(cut, unreadable)) {
            try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, bytes))) {
                CaptureContents first = CaptureContents.of(reader, FrameBatch.CAPACITY);
                reader.rewind(0);
                assertThat(CaptureContents.of(reader, FrameBatch.CAPACITY)).isEqualTo(first);
            }
        }
    }
}
