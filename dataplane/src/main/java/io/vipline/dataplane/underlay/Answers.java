package io.vipline.dataplane.underlay;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Answers as endpoints send them. A capture taken at a client has them as they arrive there, from the virtual IP: on the
 * way through the cluster they begin as the reverse of what reached the endpoint, with as many hops more to live as the
 * request took. Owned by the underlay's thread.
 */
final class Answers {
    private static final int MOST_FLOWS = 1 << 18;

    private record Tuple(
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int ports, int protocol) {
        static Tuple of(Packet packet) {
            return new Tuple(
                    packet.sourceHigh,
                    packet.sourceLow,
                    packet.destinationHigh,
                    packet.destinationLow,
                    packet.ports(),
                    packet.protocol);
        }
    }

    private record Sent(Packet tuple, int stations) {}

    private final Map<Tuple, Sent> sent = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Tuple, Sent> eldest) {
            return size() > MOST_FLOWS;
        }
    };
    private final Rewrite rewrite = new Rewrite();
    private final Packet answer = new Packet();
    private Tuple expected;

    /** A packet enters the cluster. */
    void entered(Packet packet) {
        expected = null;
        if (packet.hasPorts && !packet.fragment) {
            answer.reverseOf(packet);
            expected = Tuple.of(answer);
        }
    }

    /** The packet that entered last has reached its end. @param stations that it came through */
    void delivered(Packet packet, int stations) {
        if (expected != null && packet.hasPorts && !sent.containsKey(expected)) {
            Packet tuple = new Packet();
            tuple.reverseOf(packet);
            boolean isAsItCame = Tuple.of(tuple).equals(expected);
            if (!isAsItCame) {
                sent.put(expected, new Sent(tuple, stations));
            }
        }
    }

    /**
     * A frame as its sender sent it: another one if it answers what was delivered under another address.
     *
     * @param packet what is in the frame, which lies at the start of {@code area}
     */
    Transit asSent(Transit frame, Packet packet, NativeMemory area) {
        Sent as = packet.hasPorts && !packet.fragment ? sent.get(Tuple.of(packet)) : null;
        if (as == null) {
            return frame;
        }
        rewrite.toTupleOf(as.tuple).apply(area, 0, packet);
        liveLonger(area, packet, as.stations);
        byte[] record = frame.record().clone();
        area.getBytes(0, record, FinishedFrame.HEADER_BYTES, frame.lengthBytes());
        return new Transit(frame.number(), record, false);
    }

    private static void liveLonger(NativeMemory area, Packet packet, int hops) {
        int ttl = Math.min(255, packet.ttl + hops);
        if (packet.family == Packet.IPV6) {
            area.putByte(packet.network + Ipv6.HOP_LIMIT, (byte) ttl);
            return;
        }
        int old = area.getShort(packet.network + Ipv4.TTL, BIG_ENDIAN) & 0xffff;
        int now = ttl << 8 | old & 0xff;
        area.putShort(packet.network + Ipv4.TTL, (short) now, BIG_ENDIAN);
        int checksum = area.getShort(packet.network + Ipv4.CHECKSUM, BIG_ENDIAN);
        int updated = Checksum.update(checksum, Checksum.difference16(old, now));
        area.putShort(packet.network + Ipv4.CHECKSUM, (short) updated, BIG_ENDIAN);
    }
}
