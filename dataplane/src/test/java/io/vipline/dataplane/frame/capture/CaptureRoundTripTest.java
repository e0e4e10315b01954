package io.vipline.dataplane.frame.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FinishedFrames;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.capture.CaptureContents.Frame;
import io.vipline.dataplane.frame.capture.CaptureFormat.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

class CaptureRoundTripTest {
    private static final FrameInterface[] FACES = {
        new FrameInterface("eth0", LinkType.ETHERNET, 0), new FrameInterface("löö \u0001", LinkType.LINUX_SLL2, 40)
    };

    private record Sent(long timeNs, int face, byte[] bytes, int cutBytes, String comment) {
        Frame asRead() {
            String link = FACES[face].linkType().name();
            return new Frame(
                    timeNs, bytes.length + cutBytes, face, link, HexFormat.of().formatHex(bytes));
        }
    }

    private MemorySink area;
    private Path file;

    @BeforeProperty
    void open() throws IOException {
        area = new MemorySink(1 << 14);
        file = Files.createTempFile("vipline", ".cap");
    }

    @AfterProperty
    void close() throws IOException {
        area.close();
        Files.delete(file);
    }

    @Provide
    Arbitrary<List<Sent>> traffic() {
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
        Arbitrary<String> comment = Arbitraries.strings().all().ofMaxLength(30).injectNull(0.3);
        Arbitrary<Long> time = Arbitraries.longs().between(0, 4_294_967_295_999_999_999L);
        Arbitrary<Integer> face = Arbitraries.integers().between(0, 1);
        Arbitrary<Integer> cut = Arbitraries.integers().between(0, 70_000);
        return Combinators.combine(time, face, bytes, cut, comment)
                .as(Sent::new)
                .list()
                .ofMaxSize(150);
    }

    private void write(CaptureFormat format, List<FrameInterface> faces, List<Sent> traffic) throws IOException {
        try (CaptureWriter writer = CaptureWriter.open(file, format, faces)) {
            for (Sent sent : traffic) {
                int original = sent.bytes.length + sent.cutBytes;
                int record = FinishedFrames.put(area, FACES, sent.face, sent.timeNs, sent.bytes, original);
                writer.write(area.memory(), record, sent.comment);
            }
        }
    }

    @Property(tries = 150)
    void whatIsWrittenAsPcapngIsReadBack(@ForAll("traffic") List<Sent> traffic) throws IOException {
        write(new CaptureFormat.Pcapng(Direction.INBOUND, List.of()), List.of(FACES), traffic);
        try (CaptureReader reader = CaptureReader.open(file, 512)) {
            CaptureContents read = CaptureContents.of(reader, 17);
            assertThat(read.problem()).isNull();
            assertThat(read.frames())
                    .isEqualTo(traffic.stream().map(Sent::asRead).toList());
        }
        assertThat(PcapngBlocks.list(Files.readAllBytes(file))).hasSize(traffic.size() + 5);
    }

    @Property(tries = 150)
    void whatIsWrittenAsPcapIsReadBack(@ForAll("traffic") List<Sent> traffic) throws IOException {
        List<Sent> ofOneFace = traffic.stream().filter(sent -> sent.face == 0).toList();
        write(new CaptureFormat.Pcap(true), List.of(FACES[0]), ofOneFace);
        CaptureContents read = CaptureContents.mapped(file, 512, 17);
        assertThat(read.problem()).isNull();
        assertThat(read.frames()).isEqualTo(ofOneFace.stream().map(Sent::asRead).toList());
    }

    /** Any damage gives a break with a place in the file, and the frames before it; nothing is read outside the file. */
    @Property(tries = 400)
    void aDamagedCaptureIsReadUpToABreak(
            @ForAll("traffic") List<Sent> traffic, @ForAll boolean pcapng, @ForAll long seed) throws IOException {
        CaptureFormat format =
                pcapng ? new CaptureFormat.Pcapng(Direction.UNKNOWN, List.of()) : new CaptureFormat.Pcap(true);
        List<Sent> ofOneFace = traffic.stream().filter(sent -> sent.face == 0).toList();
        write(format, List.of(FACES[0]), ofOneFace);
        byte[] bytes = damaged(Files.readAllBytes(file), new Random(seed));
        Files.write(file, bytes);
        CaptureContents read = CaptureContents.mapped(file, 4096, FrameBatch.CAPACITY);
        assertThat(CaptureContents.streamed(bytes, 64)).isEqualTo(read);
        if (read.problem() != null) {
            assertThat(read.problem().offset()).isBetween(0L, (long) bytes.length);
        }
        long shown =
                read.frames().stream().mapToLong(f -> f.bytes().length() / 2).sum();
        assertThat(shown).isLessThanOrEqualTo(bytes.length);
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[at] ^ 1 << random.nextInt(8));
        }
        int length = random.nextInt(3) == 0 ? random.nextInt(bytes.length) : bytes.length;
        return Arrays.copyOf(bytes, length);
    }
}
