package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vipline.dataplane.frame.FinishedFrames;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.capture.CaptureFormat.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CaptureWriteFailureTest {
    private static final FrameInterface[] FACES = {new FrameInterface("eth0", LinkType.ETHERNET, 0)};

    @TempDir
    Path folder;

    private final MemorySink area = new MemorySink();

    static List<CaptureFormat> formats() {
        return List.of(new CaptureFormat.Pcap(true), new CaptureFormat.Pcapng(Direction.OUTBOUND, List.of()));
    }

    /** Writes until it fails. */
    private CaptureWriteException failure(CaptureWriter writer) {
        return catchThrowableOfType(CaptureWriteException.class, () -> {
            for (int i = 0; i < 20_000; i++) {
                writer.write(area.memory(), FinishedFrames.put(area, FACES, 0, i, frame(1000), 1000), "comment");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aFullDiskLeavesAWholeCapture(CaptureFormat format) throws Exception {
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), "1m")) {
            Path file = disk.path().resolve("out");
            CaptureWriter writer = CaptureWriter.open(file, format, List.of(FACES));
            CaptureWriteException failure = failure(writer);
            assertThat(failure).hasMessageStartingWith(file + ": No space left on device");
            assertThat(failure(writer))
                    .as("and every later write fails the same")
                    .isSameAs(failure);
            writer.close();

            byte[] bytes = Files.readAllBytes(file);
            assertThat(bytes.length).isBetween(1_000_000, 1 << 20);
            assertThat(failure.keptBytes()).isEqualTo(bytes.length);
            CaptureContents read = CaptureContents.mapped(file, 1 << 20, FrameBatch.CAPACITY);
            assertThat(read.problem()).isNull();
            assertThat(read.frames()).hasSizeGreaterThan(900);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            assertThat(writer.sha256()).isEqualTo(HexFormat.of().formatHex(digest));
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aDeviceThatTakesNothingFailsWithItsReason(CaptureFormat format) throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.isWritable(full), "no /dev/full here");
        CaptureWriter writer = CaptureWriter.open(full, format, List.of(FACES));
        assertThat(failure(writer)).hasMessageContaining("No space left on device");
        writer.close();
        assertThat(writer.writtenBytes()).isZero();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aPipeWhoseReaderHasGoneFailsWithItsReason(CaptureFormat format) throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(SmallDisk.run("mkfifo", pipe.toString())).isZero();
        Process reader = new ProcessBuilder("head", "-c", "100", pipe.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        CaptureWriter writer = CaptureWriter.open(pipe, format, List.of(FACES));
        assertThat(failure(writer)).hasMessageStartingWith(pipe + ": Broken pipe");
        writer.close();
        assertThat(reader.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    /** A file system of its own size, taken away with what is in it. */
    private record SmallDisk(Path path) implements AutoCloseable {
        static SmallDisk mount(Path path, String size) throws IOException {
            Files.createDirectory(path);
            int exitCode = run("mount", "-t", "tmpfs", "-o", "size=" + size, "vl-small", path.toString());
            Assumptions.assumeTrue(exitCode == 0, "mounting a small tmpfs needs root");
            return new SmallDisk(path);
        }

        private static int run(String... command) throws IOException {
            return new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .onExit()
                    .join()
                    .exitValue();
        }

        @Override
        public void close() throws IOException {
            assertThat(run("umount", path.toString())).isZero();
        }
    }
}
