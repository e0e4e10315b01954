package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.LinkType;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What tcpdump, that is libpcap, reads in a capture. */
final class Tcpdump {
    private static final ByteOrder HOST = ByteOrder.nativeOrder();

    /** @param frames in the order of the file, without their interfaces, which libpcap does not tell */
    record Reading(List<CaptureContents.Frame> frames, String complaint, int exitCode) {}

    private Tcpdump() {}

    static void assumeInstalled() {
        boolean found = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> new File(folder, "tcpdump").canExecute());
        Assumptions.assumeTrue(found, "tcpdump is not installed (apt-get install tcpdump)");
    }

    static Reading read(Path capture, String... filter) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("tcpdump", "-r", capture.toString(), "--time-stamp-precision=nano", "-w", "-"));
        command.addAll(Arrays.asList(filter));
        File stderr = File.createTempFile("tcpdump", ".stderr");
        try {
            Process process = new ProcessBuilder(command).redirectError(stderr).start();
            byte[] written = process.getInputStream().readAllBytes();
            int exitCode = process.waitFor();
            String complaint = Files.readString(stderr.toPath());
            return new Reading(frames(ByteBuffer.wrap(written).order(HOST)), complaint, exitCode);
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            Files.delete(stderr.toPath());
        }
    }

    /** tcpdump writes pcap in host order, with nanoseconds if asked for them. */
    private static List<CaptureContents.Frame> frames(ByteBuffer file) {
        List<CaptureContents.Frame> frames = new ArrayList<>();
        if (file.remaining() < 24) {
            return frames;
        }
        if (file.getInt(0) != 0xa1b23c4d) {
            throw new IllegalStateException("tcpdump wrote no pcap with nanoseconds");
        }
        String link = LinkType.ofNumber(file.getInt(20)).name();
        file.position(24);
        while (file.hasRemaining()) {
            long timeNs = Integer.toUnsignedLong(file.getInt()) * 1_000_000_000L + file.getInt();
            byte[] bytes = new byte[file.getInt()];
            int original = file.getInt();
            file.get(bytes);
            frames.add(new CaptureContents.Frame(
                    timeNs, original, 0, link, HexFormat.of().formatHex(bytes)));
        }
        return frames;
    }
}
