package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.DrawnServices.Service;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/**
 * Whatever bytes come, whenever: nothing is thrown, nothing is read beyond what was captured, and every frame is accounted
 * for. A try is a cluster and a stream of frames that were right before somebody got at them.
 */
class HostileFramesTest {
    private static final int FRAMES = 400;
    private static final String[] MEANT = {
        "error 3/3 %s > %s {tcp %s > %s A ttl 63}",
        "error 11/0 %s > %s first 28 {udp %s > %s \"quoted\"}",
        "udp %s > %s \"twenty-four bytes or more\" piece 0-24",
        "udp %s > %s \"twenty-four bytes or more\" piece 24-33",
        "udp %s > %s \"twenty-four bytes or more\" piece 16-24",
        "icmp %s > %s \"echo\"",
        "tcp %s > %s S options",
    };

    @Provide
    Arbitrary<Long> seeds() {
        return Arbitraries.longs();
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void nothingIsThrownAndEveryFrameIsAccountedFor(@ForAll("seeds") long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        DrawnServices drawn = DrawnServices.draw(random);
        CapturePoint point = CapturePoint.values()[random.nextInt(2)];
        ChecksumMode mode = ChecksumMode.values()[random.nextInt(3)];
        try (TestNode node = new TestNode(drawn.rules(), point, mode)) {
            byte[] last = {};
            long atNs = 0;
            for (int i = 0; i < FRAMES; i++) {
                byte[] frame = random.nextInt(6) == 0 && last.length > 0 ? last : right(drawn, random);
                last = frame.clone();
                byte[] spoilt = spoil(frame, random);
                atNs = clock(atNs, random);
                int captured = random.nextInt(4) > 0 ? spoilt.length : random.nextInt(spoilt.length + 1);
                node.send(Arrays.copyOf(spoilt, Math.max(spoilt.length, 1)), captured, atNs);
                // of the fragments, some wait
                assertThat(accounted(node)).isLessThanOrEqualTo(i + 1L);
            }
            node.finish();
            assertThat(node.counters.isConserved()).isTrue();
            assertThat(node.counters.frames).isEqualTo(FRAMES);
        }
    }

    private static long accounted(TestNode node) {
        return node.counters.forwarded
                + node.counters.rejected
                + Arrays.stream(node.counters.dropped).sum()
                + Arrays.stream(node.counters.consumed).sum();
    }

    private static byte[] right(DrawnServices drawn, SplittableRandom random) {
        Service service = drawn.any(random);
        boolean isV4 = service.clusterIp().address().isV4();
        IpPort client = new IpPort(
                IpAddress.of((isV4 ? "203.0.113." : "2001:db8::") + random.nextInt(1, 9)), random.nextInt(1, 9));
        IpPort other = switch (random.nextInt(3)) {
            case 0 -> service.clusterIp();
            case 1 -> service.nodePort();
            default -> service.endpoints().getFirst();
        };
        boolean isReply = random.nextBoolean();
        IpPort source = isReply ? other : client;
        IpPort destination = isReply ? client : other;
        if (random.nextInt(3) == 0) {
            String text = MEANT[random.nextInt(MEANT.length)];
            boolean isError = text.startsWith("error");
            return FrameText.frame(String.format(
                    text,
                    isError ? text(source).replaceFirst(":\\d+$", "") : text(source),
                    isError ? text(destination).replaceFirst(":\\d+$", "") : text(destination),
                    text(destination),
                    text(source)));
        }
        return FrameDraft.random(random, service.protocol(), source, destination)
                .frame();
    }

    private static String text(IpPort end) {
        return end.address().isV4() ? end.address() + ":" + end.port() : "[" + end.address() + "]:" + end.port();
    }

    private static byte[] spoil(byte[] frame, SplittableRandom random) {
        byte[] spoilt = frame.clone();
        switch (random.nextInt(6)) {
            case 0 -> {}
            case 1 -> spoilt[random.nextInt(spoilt.length)] = (byte) random.nextInt();
            case 2 -> {
                // headers are where it hurts
                for (int i = random.nextInt(1, 6); i > 0; i--) {
                    spoilt[random.nextInt(12, Math.min(spoilt.length, 74))] = (byte) random.nextInt();
                }
            }
            case 3 -> spoilt = Arrays.copyOf(spoilt, random.nextInt(1, spoilt.length + 40));
            case 4 -> spoilt[random.nextInt(spoilt.length)] ^= (byte) (1 << random.nextInt(8));
            default -> {
                int from = random.nextInt(spoilt.length);
                int length = random.nextInt(spoilt.length - from);
                System.arraycopy(spoilt, from, spoilt, random.nextInt(spoilt.length - length), length);
            }
        }
        return spoilt;
    }

    /** On and on, now and then back, or far ahead. */
    private static long clock(long atNs, SplittableRandom random) {
        return switch (random.nextInt(40)) {
            case 0 -> atNs - random.nextLong(100_000_000_000L);
            case 1 -> atNs + random.nextLong(1_000_000_000_000_000L);
            case 2 -> atNs + random.nextLong(40_000_000_000L);
            default -> atNs + random.nextLong(10_000_000L);
        };
    }
}
