package io.vipline.tools.verify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Datagrams that come in pieces: in order, out of order, twice, not all of them. */
final class FragmentStories {
    private final Dice dice;

    FragmentStories(Dice dice) {
        this.dice = dice;
    }

    Script inPieces(Flow flow) {
        Script script = new Script("UDP in fragments", flow);
        for (int i = 1 + dice.below(3); i > 0; i--) {
            pieces(script, new Segment.Udp(dice.bytes(24 + dice.below(1200)), dice.below(8) > 0), dice.oneIn(2));
        }
        script.request(dice.header(), new Segment.Udp(dice.payload(), true));
        return script;
    }

    Script segmentInPieces(Flow flow) {
        Script script = new Script("TCP in fragments", flow);
        byte[] nothing = {};
        pieces(script, new Segment.Tcp(dice.bits(), 0, 2, 8192, nothing, dice.bytes(40 + dice.below(600))), false);
        return script;
    }

    /** Longer than the way to a pod allows: whole, or in pieces of which some are. */
    Script tooLong(Flow flow) {
        Script script = new Script("longer than the MTU", flow);
        if (dice.oneIn(3)) {
            script.request(dice.header(), segment(script, dice.below(100)));
        }
        for (int i = 1 + dice.below(2); i > 0; i--) {
            Header header = dice.oneIn(2) ? dice.header() : dice.header().fragmentable();
            Segment segment = segment(script, dice.between(1300, 1500) + (dice.oneIn(3) ? dice.below(4000) : 0));
            if (dice.oneIn(3)) {
                script.requestPieces(header, segment, List.of(8 * dice.between(20, 200)), List.of(0, 1));
            } else {
                script.request(dice.oneIn(6) ? header.withTtl(1) : withOptions(header, script), segment);
            }
        }
        script.reply(dice.header(), new Segment.Udp(dice.bytes(dice.below(3000)), true));
        return script;
    }

    /** Record route, which only a first fragment carries, and router alert, which all do. */
    private Header withOptions(Header header, Script script) {
        boolean isPlain = !script.flow().client().address().isV4() || !dice.oneIn(4);
        // an error would echo a recorded route, which Vipline's does not
        boolean mayBeRefused =
                header.dontFragment() || script.flow().endpoints().isEmpty();
        String options = mayBeRefused ? "9404000000000000" : "070b04000000000000000001" + "94040000";
        return isPlain ? header : header.withOptions(HexFormat.of().parseHex(options), 0, 0);
    }

    private Segment segment(Script script, int payloadBytes) {
        byte[] nothing = {};
        return script.isTcp()
                ? new Segment.Tcp(dice.bits(), 0, 2, 8192, nothing, dice.bytes(payloadBytes))
                : new Segment.Udp(dice.bytes(payloadBytes), true);
    }

    Script echoInPieces(Flow flow) {
        Script script = new Script("echo in fragments", flow);
        boolean isV4 = flow.client().address().isV4();
        pieces(script, new Segment.Icmp(isV4 ? 8 : 128, 0, 1, true, dice.bytes(24 + dice.below(1200))), false);
        pieces(script, new Segment.Icmp(isV4 ? 0 : 129, 0, 1, true, dice.bytes(24 + dice.below(1200))), true);
        return script;
    }

    private void pieces(Script script, Segment segment, boolean isReply) {
        List<Integer> cuts = cuts(segment);
        List<Integer> order = order(cuts.size() + 1);
        Header header = dice.oneIn(3) ? dice.header() : dice.header().fragmentable();
        if (dice.oneIn(6)) {
            header = header.withTtl(1 + dice.below(2));
        }
        if (isReply) {
            script.replyPieces(header, segment, cuts, order);
        } else {
            script.requestPieces(header, segment, cuts, order);
        }
    }

    /** Ascending multiples of 8 within the segment; none makes an IPv6 packet that is whole but has the header. */
    private List<Integer> cuts(Segment segment) {
        int length = switch (segment) {
            case Segment.Udp udp -> Segment.UDP_BYTES + udp.payload().length;
            case Segment.Tcp tcp -> Segment.TCP_BYTES + tcp.payload().length;
            case Segment.Icmp icmp -> Segment.ICMP_BYTES + icmp.payload().length;
            case Segment.Sctp sctp -> Segment.SCTP_BYTES + sctp.chunks().length;
            case Segment.Other other -> other.payload().length;
        };
        // what a kernel does with a TCP header in two pieces depends on where its rules look: into the first, mostly
        int first = segment instanceof Segment.Tcp ? 3 : 1;
        return dice.oneIn(8)
                ? List.of()
                : IntStream.generate(() -> 8 * dice.between(first, Math.max(first, (length - 1) / 8)))
                        .limit(1 + dice.below(4))
                        .distinct()
                        .sorted()
                        .boxed()
                        .toList();
    }

    private List<Integer> order(int pieces) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            order.add(i);
        }
        switch (dice.below(6)) {
            case 0 -> Collections.reverse(order);
            case 1 -> Collections.shuffle(order, new Random(dice.bits()));
            case 2 -> order.add(dice.below(pieces), dice.below(pieces));
            case 3 -> order.remove(dice.below(pieces));
            default -> {}
        }
        return order;
    }
}
