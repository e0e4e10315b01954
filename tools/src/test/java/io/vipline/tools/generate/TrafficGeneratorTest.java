package io.vipline.tools.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficGeneratorTest {
    private static final Clients PODS = new Clients.Listed(
            List.of(IpAddress.of("10.244.0.5"), IpAddress.of("10.244.0.6"), IpAddress.of("10.244.0.7")));
    private static final Clients PODS_V6 = new Clients.Listed(List.of(IpAddress.of("fd00:10:244::5")));
    private static final Clients OUTSIDE = new Clients.Range(Cidr.of("198.18.0.0/15"));
    private static final List<Destination> DESTINATIONS = List.of(
            to(Protocol.TCP, "10.96.0.10", 80, PODS, true),
            to(Protocol.UDP, "10.96.0.11", 53, PODS, true),
            to(Protocol.TCP, "fd00:10:96::10", 80, PODS_V6, true),
            to(Protocol.UDP, "fd00:10:96::11", 53, PODS_V6, true),
            to(Protocol.TCP, "192.168.1.1", 30_080, OUTSIDE, true),
            to(Protocol.TCP, "203.0.113.9", 443, OUTSIDE, false));

    private static Destination to(Protocol protocol, String address, int port, Clients clients, boolean answered) {
        return new Destination("default/web", protocol, new IpPort(IpAddress.of(address), port), clients, answered);
    }

    private record Captured(long timeNs, byte[] frame) {}

    private static List<Captured> generate(String sizes, long flows, long frames, int concurrent, long seed) {
        FlowPlan plan = new FlowPlan(DESTINATIONS, flows, seed);
        TrafficGenerator generator =
                new TrafficGenerator(plan, PayloadSizes.parse(sizes), flows, frames, concurrent, seed);
        List<Captured> captured = new ArrayList<>();
        try (MemorySink sink = new MemorySink()) {
            while (!generator.isDone()) {
                assertThat(generator.writeNext(sink)).isTrue();
                int record = sink.last();
                byte[] frame = new byte[FinishedFrame.length(sink.memory(), record)];
                sink.memory().getBytes(record + FinishedFrame.HEADER_BYTES, frame);
                captured.add(new Captured(sink.memory().getLong(record + FinishedFrame.TIME_NS), frame));
            }
        }
        return captured;
    }

    @ParameterizedTest(name = "{1} flows and {2} frames, {3} at once, payloads of {0}")
    @CsvSource({
        "64,          1,    1,     1",
        "64,          1,   10, 65536",
        "imix,       10,   10, 65536",
        "0,         100, 1000, 65536",
        "'0,1,1400', 333, 5000,    7",
        "8940,       20,  300, 65536",
        "imix,     5000, 50000, 1000",
    })
    @DisplayName("as many frames and tuples as asked for, every checksum right, time going on, nothing below 60 bytes")
    void asManyAsAskedFor(String sizes, long flows, long frames, int concurrent) {
        List<Captured> captured = generate(sizes, flows, frames, concurrent, 1);
        assertThat(captured).hasSize((int) frames);
        Set<String> tuples = new HashSet<>();
        long timeNs = 0;
        for (Captured one : captured) {
            assertThat(one.timeNs).isGreaterThan(timeNs);
            timeNs = one.timeNs;
            assertThat(one.frame.length).isGreaterThanOrEqualTo(60);
            ParsedFrame parsed = ParsedFrame.of(one.frame);
            assertThat(parsed.checksumsAreRight()).as(parsed.toString()).isTrue();
            tuples.add(parsed.clientTuple(DESTINATIONS));
        }
        assertThat(tuples).hasSize((int) flows);
    }

    @Test
    @DisplayName("of each TCP flow every byte follows the one before and every acknowledgment what came")
    void sequenceNumbers() {
        Map<String, long[]> expected = new HashMap<>();
        for (Captured one : generate("0,100", 50, 700, 8, 3)) {
            ParsedFrame frame = ParsedFrame.of(one.frame);
            if (frame.protocol() != 6 || frame.port() == 443) {
                continue;
            }
            long[] next = expected.computeIfAbsent(frame.clientTuple(DESTINATIONS), key -> new long[] {-1, -1});
            int side = frame.fromClient(DESTINATIONS) ? 0 : 1;
            if (next[side] >= 0) {
                assertThat(frame.sequence()).isEqualTo(next[side]);
            }
            if ((frame.flags() & 16) != 0) {
                assertThat(frame.acknowledged()).isEqualTo(next[1 - side]);
            }
            next[side] = frame.sequence() + frame.payloadBytes() + ((frame.flags() & 3) != 0 ? 1 : 0) & 0xffff_ffffL;
        }
        assertThat(expected).isNotEmpty();
    }

    @Test
    @DisplayName("one seed gives one capture, another seed another")
    void deterministic() {
        byte[][] first =
                generate("imix", 40, 400, 16, 9).stream().map(Captured::frame).toArray(byte[][]::new);
        byte[][] again =
                generate("imix", 40, 400, 16, 9).stream().map(Captured::frame).toArray(byte[][]::new);
        byte[][] other =
                generate("imix", 40, 400, 16, 10).stream().map(Captured::frame).toArray(byte[][]::new);
        assertThat(Arrays.deepEquals(first, again)).isTrue();
        assertThat(Arrays.deepEquals(first, other)).isFalse();
    }

    @Test
    @DisplayName("no two flows have one tuple, up to all the ports that clients have")
    void flowsAreDistinct() {
        List<Destination> one = List.of(to(Protocol.TCP, "10.96.0.10", 80, PODS, true));
        long all = 3 * 64_512;
        for (long flows : LongStream.of(1000, 3 * 28_232, all).toArray()) {
            FlowPlan plan = new FlowPlan(one, flows, 5);
            Conversation conversation = new Conversation();
            Set<String> tuples = new HashSet<>();
            for (long flow = 0; flow < flows; flow++) {
                plan.assign(flow, conversation);
                tuples.add(conversation.client + " " + conversation.clientPort);
            }
            assertThat(tuples).hasSize((int) flows);
        }
        assertThatThrownBy(() -> new FlowPlan(one, all + 1, 5)).hasMessageContaining("193536 tuples");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "-1", "8941", "64,,64", "64;64"})
    void sizesThatMakeNoSense(String sizes) {
        assertThatThrownBy(() -> PayloadSizes.parse(sizes)).isInstanceOf(IllegalArgumentException.class);
    }

    /** A frame as an independent reader sees it. */
    private record ParsedFrame(ByteBuffer bytes, boolean v4, int protocol, int transport, int transportBytes) {
        static ParsedFrame of(byte[] frame) {
            ByteBuffer bytes = ByteBuffer.wrap(frame);
            boolean v4 = bytes.getShort(12) == 0x0800;
            int protocol = bytes.get(v4 ? 23 : 20);
            int transport = v4 ? 34 : 54;
            int transportBytes = v4 ? bytes.getShort(16) - 20 : bytes.getShort(18);
            return new ParsedFrame(bytes, v4, protocol, transport, transportBytes);
        }

        private long sum(int from, int length) {
            long sum = 0;
            for (int i = 0; i < length; i++) {
                sum += (long) (bytes.get(from + i) & 0xff) << (i % 2 == 0 ? 8 : 0);
            }
            return sum;
        }

        boolean checksumsAreRight() {
            boolean header = !v4 || sum(14, 20) % 0xffff == 0;
            long pseudo = (v4 ? sum(26, 8) : sum(22, 32)) + protocol + transportBytes;
            boolean present = protocol == 6 || bytes.getShort(transport + 6) != 0;
            return header && present && (pseudo + sum(transport, transportBytes)) % 0xffff == 0;
        }

        private String end(int addressAt, int portAt) {
            byte[] address = new byte[v4 ? 4 : 16];
            bytes.get(addressAt, address);
            return Arrays.toString(address) + " " + (bytes.getShort(portAt) & 0xffff);
        }

        private String source() {
            return end(v4 ? 26 : 22, transport);
        }

        private String destination() {
            return end(v4 ? 30 : 38, transport + 2);
        }

        boolean fromClient(List<Destination> destinations) {
            int to = bytes.getShort(transport + 2) & 0xffff;
            return destinations.stream()
                    .anyMatch(destination -> destination.address().port() == to);
        }

        String clientTuple(List<Destination> destinations) {
            return protocol + (fromClient(destinations) ? source() + destination() : destination() + source());
        }

        int port() {
            return Math.min(bytes.getShort(transport) & 0xffff, bytes.getShort(transport + 2) & 0xffff);
        }

        long sequence() {
            return bytes.getInt(transport + 4) & 0xffff_ffffL;
        }

        long acknowledged() {
            return bytes.getInt(transport + 8) & 0xffff_ffffL;
        }

        int flags() {
            return bytes.get(transport + 13);
        }

        int payloadBytes() {
            return transportBytes - (bytes.get(transport + 12) >> 4 & 15) * 4;
        }
    }
}
