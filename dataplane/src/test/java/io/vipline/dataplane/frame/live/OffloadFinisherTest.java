package io.vipline.dataplane.frame.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.FrameText;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames as a kernel with offload hands them over, against the same frames written out by the tests' own means. */
class OffloadFinisherTest {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(100);

    /** The frame with a field that holds the pseudo-header's sum alone, in a record with the offload state. */
    private static NativeMemory unfinished(byte[] frame, int gsoType, int gsoSize) {
        int network = frame[12] == (byte) 0x81 ? 18 : 14;
        boolean isV4 = frame[network] == 0x45;
        int transport = network + (isV4 ? 20 : 40);
        int protocol = frame[network + (isV4 ? 9 : 6)];
        int field = protocol == 6 ? 16 : 6;
        int addresses = network + (isV4 ? 12 : 8);
        long pseudo = FrameText.onesSum(frame, addresses, isV4 ? 8 : 32, protocol + frame.length - transport);
        NativeMemory memory = NativeMemory.allocate(FinishedFrame.HEADER_BYTES + frame.length);
        memory.putInt(FinishedFrame.LENGTH, frame.length);
        memory.putInt(FinishedFrame.CHECKSUM_START, transport);
        memory.putInt(FinishedFrame.CHECKSUM_OFFSET, field);
        memory.putInt(FinishedFrame.GSO_TYPE, gsoType);
        memory.putInt(FinishedFrame.GSO_SIZE, gsoSize);
        memory.putBytes(FinishedFrame.HEADER_BYTES, frame);
        memory.putShort(FinishedFrame.HEADER_BYTES + transport + field, (short) pseudo, java.nio.ByteOrder.BIG_ENDIAN);
        return memory;
    }

    private static byte[] frame(NativeMemory memory, int record) {
        byte[] frame = new byte[FinishedFrame.length(memory, record)];
        memory.getBytes(record + FinishedFrame.HEADER_BYTES, frame);
        return frame;
    }

    /** Gives an IPv4 frame another identification. */
    private static byte[] identified(byte[] frame, int more) {
        int network = frame[12] == (byte) 0x81 ? 18 : 14;
        if (frame[network] == 0x45 && more > 0) {
            ByteBuffer view = ByteBuffer.wrap(frame);
            view.putShort(network + 4, (short) (view.getShort(network + 4) + more));
            view.putShort(network + 10, (short) 0);
            view.putShort(network + 10, (short) ~FrameText.onesSum(frame, network, 20, 0));
        }
        return frame;
    }

    @ParameterizedTest
    @CsvSource({
        "tcp 10.0.0.1:1000 > 10.0.0.2:80 PA \"GET / HTTP\"",
        "tcp [fd00::1]:1000 > [fd00::2]:80 S",
        "udp 10.0.0.1:1000 > 10.0.0.2:53 \"odd\"",
        "udp [fd00::1]:1000 > [fd00::2]:53 \"even\"",
        "vlan 42 udp 10.0.0.1:1000 > 10.0.0.2:53 \"tagged\""
    })
    void anUnfinishedChecksumBecomesTheRightOne(String text) {
        byte[] whole = FrameText.frame(text);
        NativeMemory memory = unfinished(whole, 0, 0);
        assertThat(frame(memory, 0)).isNotEqualTo(whole);
        OffloadFinisher.finishChecksum(memory, 0);
        assertThat(frame(memory, 0)).isEqualTo(whole);
        assertThat(memory.getInt(FinishedFrame.CHECKSUM_START)).isEqualTo(-1);
    }

    @ParameterizedTest(name = "{0}: {2} bytes cut by {3}")
    @CsvSource({
        "tcp 10.0.0.1:1000 > 10.0.0.2:80,         1, 3000, 1000",
        "tcp 10.0.0.1:1000 > 10.0.0.2:80,         1, 3001, 1000",
        "tcp [fd00::1]:1000 > [fd00::2]:80,       4, 2999, 1001",
        "vlan 42 tcp 10.0.0.1:1000 > 10.0.0.2:80, 1, 1500, 700",
        "udp 10.0.0.1:1000 > 10.0.0.2:53,         5, 2500, 1200",
        "udp [fd00::1]:1000 > [fd00::2]:53,       5, 2400, 1200",
        "tcp 10.0.0.1:1000 > 10.0.0.2:80,         1, 3600, 10"
    })
    void aSuperFrameBecomesTheFramesThatACableWouldHaveCarried(String flow, int type, int bytes, int size) {
        boolean isTcp = flow.contains("tcp");
        String payload = ALPHABET.substring(0, bytes);
        String flags = isTcp ? " FPA seq 5000" : "";
        NativeMemory memory = unfinished(FrameText.frame(flow + flags + " \"" + payload + "\""), type, size);
        List<byte[]> expected = new ArrayList<>();
        for (int at = 0; at < bytes; at += size) {
            boolean isLast = at + size >= bytes;
            String segment = isTcp ? (isLast ? " FPA" : " A") + " seq " + (5000 + at) : "";
            String piece = payload.substring(at, Math.min(bytes, at + size));
            expected.add(identified(FrameText.frame(flow + segment + " \"" + piece + "\""), expected.size()));
        }
        List<byte[]> cut = new ArrayList<>();
        try (OffloadFinisher finisher = new OffloadFinisher()) {
            assertThat(finisher.begin(memory, 0)).isTrue();
            for (int count = finisher.next(); count > 0; count = finisher.next()) {
                for (int i = 0; i < count; i++) {
                    cut.add(frame(finisher.segments(), finisher.records()[i]));
                }
            }
        }
        assertThat(cut).hasSameSizeAs(expected);
        for (int i = 0; i < cut.size(); i++) {
            assertThat(Arrays.toString(cut.get(i))).as("segment %d", i).isEqualTo(Arrays.toString(expected.get(i)));
        }
    }

    @Test
    void aSuperFrameOfAnUnknownKindIsLeftToTheKernel() {
        byte[] whole = FrameText.frame("udp 10.0.0.1:1000 > 10.0.0.2:53 \"fragments to be\"");
        try (OffloadFinisher finisher = new OffloadFinisher()) {
            assertThat(finisher.begin(unfinished(whole, 3, 8), 0)).isFalse();
        }
    }
}
