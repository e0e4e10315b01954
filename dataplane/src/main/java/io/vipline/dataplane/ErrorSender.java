package io.vipline.dataplane;

import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.icmp.IcmpAnswers;
import io.vipline.dataplane.icmp.IcmpAnswers.Answer;
import io.vipline.dataplane.icmp.TcpReset;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;

/** Tells senders why their packets did not go on: ICMP errors, as many as the limit allows, and TCP resets. Owned by one thread. */
final class ErrorSender {
    private final Emitter emitter;
    private final NodeAddresses addresses;
    private final ErrorLimit limit;
    private final Counters counters;

    ErrorSender(Emitter emitter, NodeAddresses addresses, ErrorLimit limit, Counters counters) {
        this.emitter = emitter;
        this.addresses = addresses;
        this.limit = limit;
        this.counters = counters;
    }

    /**
     * Answers a packet with an error, if it may be answered at all.
     *
     * @param fromDestination whether the answer comes from whom the packet was sent to, not from the node: the error
     *     belongs to the packet's connection, and NAT makes it come from whom the sender thinks it talks to
     */
    void answer(FrameBatch batch, Packet packet, Answer answer, boolean fromDestination) {
        if (!IcmpAnswers.mayAnswer(packet)) {
            return;
        }
        if (!answer.isUnlimited() && !limit.allows(packet)) {
            counters.withhold(answer.kind());
            return;
        }
        IpAddress own = new IpAddress(packet.destinationHigh, packet.destinationLow);
        if (!fromDestination) {
            own = addresses.of(packet.family == Packet.IPV4).orElse(own);
        }
        int bytes = IcmpAnswers.frameBytes(packet);
        int frame = emitter.claim(bytes);
        if (frame != FrameSink.FULL) {
            IcmpAnswers.write(batch.memory, packet, emitter.memory(), frame, answer, own);
            if (emitter.commitGenerated(batch, packet, bytes, bytes)) {
                counters.generate(answer.kind());
            }
        }
    }

    /** Answers a TCP segment with a reset. */
    void reset(FrameBatch batch, Packet packet) {
        int bytes = TcpReset.frameBytes(packet);
        int frame = TcpReset.mayAnswer(packet) ? emitter.claim(bytes) : FrameSink.FULL;
        if (frame != FrameSink.FULL) {
            TcpReset.write(batch.memory, packet, emitter.memory(), frame);
            if (emitter.commitGenerated(batch, packet, bytes, bytes)) {
                counters.generate(GeneratedKind.TCP_RESET);
            }
        }
    }
}
