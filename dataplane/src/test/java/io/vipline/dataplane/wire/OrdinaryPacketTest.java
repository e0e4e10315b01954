package io.vipline.dataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The short way of decoding against the long one, which a frame with a VLAN tag always goes. */
class OrdinaryPacketTest {
    private static final int ETHERTYPE = 12;
    private static final int TAG_BYTES = 4;
    private static final byte[] TAG = {(byte) 0x81, 0, 0, 7};

    /** Used over and over: freed while somebody reads it, memory of ours is a crash. */
    private final NativeMemory memory = NativeMemory.allocate(256);

    private final FrameBatch batch = new FrameBatch();

    @Provide
    Arbitrary<Long> seeds() {
        return Arbitraries.longs();
    }

    @Property(tries = 20_000)
    void aFrameSaysTheSameWithAndWithoutATag(@ForAll("seeds") long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] frame = frame(random);
        int captured = random.nextInt(4) > 0 ? frame.length : random.nextInt(ETHERTYPE + 2, frame.length + 1);
        byte[] tagged = new byte[frame.length + TAG_BYTES];
        System.arraycopy(frame, 0, tagged, 0, ETHERTYPE);
        System.arraycopy(TAG, 0, tagged, ETHERTYPE, TAG_BYTES);
        System.arraycopy(frame, ETHERTYPE, tagged, ETHERTYPE + TAG_BYTES, frame.length - ETHERTYPE);

        assertThat(decoded(frame, captured, 0)).isEqualTo(decoded(tagged, captured + TAG_BYTES, TAG_BYTES));
    }

    /** TCP or UDP as it should be, but for some bytes that are not. */
    private byte[] frame(SplittableRandom random) {
        boolean isTcp = random.nextBoolean();
        int payload = random.nextInt(30);
        int transportBytes = (isTcp ? Transport.TCP_MIN_BYTES : Transport.UDP_BYTES) + payload;
        byte[] frame = new byte[14 + Ipv4.MIN_HEADER_BYTES + transportBytes + random.nextInt(8)];
        random.nextBytes(frame);
        NativeMemory view = memory;
        view.putBytes(0, frame);
        view.putShort(12, (short) 0x0800, java.nio.ByteOrder.BIG_ENDIAN);
        view.putByte(14, (byte) 0x45);
        view.putShort(16, (short) (Ipv4.MIN_HEADER_BYTES + transportBytes), java.nio.ByteOrder.BIG_ENDIAN);
        view.putShort(20, (short) (random.nextBoolean() ? 0x4000 : 0), java.nio.ByteOrder.BIG_ENDIAN);
        view.putByte(23, (byte) (isTcp ? Transport.TCP : Transport.UDP));
        if (isTcp) {
            view.putByte(46, (byte) 0x50);
            view.putByte(47, (byte) Transport.ACK);
        } else {
            view.putShort(38, (short) transportBytes, java.nio.ByteOrder.BIG_ENDIAN);
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            view.putByte(random.nextInt(12, Math.min(52, frame.length)), (byte) random.nextInt());
        }
        view.getBytes(0, frame);
        return frame;
    }

    private Map<String, Object> decoded(byte[] frame, int captured, int tagBytes) {
        memory.putBytes(0, frame);
        batch.memory.wrap(memory);
        batch.count = 0;
        batch.add(0, captured, frame.length, 1, 0, LinkType.ETHERNET);
        Packet packet = new Packet();
        Decoder.decode(batch, 0, packet);
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("problem", String.valueOf(packet.problem));
        said.put("family", packet.family);
        if (packet.problem == null && packet.family != Packet.NOT_IP) {
            said.put("ordinary", packet.ordinary);
            said.put("malformed", packet.malformedTransport);
            said.put("fragment", packet.fragment);
            said.put(
                    "places",
                    packet.network - tagBytes + " " + (packet.transport - tagBytes) + " "
                            + (packet.payload - tagBytes));
            said.put("bytes", packet.ipBytes + " " + packet.transportBytes + " " + packet.transportCaptured);
            said.put(
                    "tuple",
                    packet.protocol + " " + packet.v4Addresses() + " " + packet.ports() + " " + packet.hasPorts);
            said.put(
                    "halves",
                    packet.sourceHigh + " " + packet.sourceLow + " " + packet.destinationHigh + " "
                            + packet.destinationLow);
            said.put("ttl", packet.ttl);
            said.put("flags", packet.tcpFlags);
            said.put("hash", packet.hash);
        }
        return said;
    }
}
