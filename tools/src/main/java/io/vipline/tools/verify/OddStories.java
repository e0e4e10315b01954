package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Packets with something unusual about them. */
final class OddStories {
    /** No operation, router alert, record route, security, loose and strict source route, nonsense. */
    private static final List<String> V4_OPTIONS = List.of(
            "01010100",
            "94040000",
            "070b0400000000000000000000000000",
            "8202",
            "83070400000000",
            "89070400000000",
            "01ff0000",
            "00000000",
            "0703040000000000");

    /** Hop-by-hop and destination options: padding, router alert, unknown ones to skip, to drop, to complain about. */
    private static final List<String> V6_OPTIONS = List.of(
            "000104000000",
            "050200000100",
            "1e020000" + "0100",
            "5e020000" + "0100",
            "9e020000" + "0100",
            "de020000" + "0100",
            "c20400000000");

    private static final List<String> V4_MARTIANS = List.of(
            "0.0.0.0", "0.0.0.1", "127.0.0.1", "127.0.0.2", "224.0.0.9", "239.1.1.1", "240.0.0.1", "255.255.255.255");
    /** The last is the neighbour whose link-layer address the kernel's node knows. */
    private static final List<String> V6_MARTIANS = List.of("::", "::1", "ff02::1", "ff0e::7", "fec0::1", "fe80::77:1");

    private static final int HOP_BY_HOP = 0;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int ROUTING = 43;
    private static final int SEQUENCE = 1_000_000;

    private final Dice dice;

    OddStories(Dice dice) {
        this.dice = dice;
    }

    private Segment segment(Flow flow) {
        byte[] nothing = {};
        return switch (flow.protocol()) {
            case Transport.TCP -> new Segment.Tcp(SEQUENCE, 0, Transport.SYN, 8192, nothing, nothing);
            case Transport.SCTP ->
                new Segment.Sctp(0, HexFormat.of().parseHex("0100001400000001000100000001000100000001"));
            default -> new Segment.Udp(dice.payload(), true);
        };
    }

    private Segment answer(Script script) {
        byte[] nothing = {};
        return script.isTcp()
                ? new Segment.Tcp(SEQUENCE, SEQUENCE + 1, Transport.SYN | Transport.ACK, 8192, nothing, nothing)
                : segment(script.flow());
    }

    /** Time to live of 0, 1 and 2, in a first packet, a later one and an answer. */
    Script lastHop(Flow flow) {
        Script script = new Script("a time to live that ends", flow);
        if (dice.oneIn(2)) {
            script.request(dice.header(), segment(script.flow()));
        }
        script.request(dice.header().withTtl(dice.below(3)), segment(script.flow()));
        script.reply(dice.header().withTtl(dice.below(3)), answer(script));
        script.request(dice.header().withTtl(dice.below(3)), segment(script.flow()));
        return script;
    }

    Script options(Flow flow) {
        boolean isV4 = flow.client().address().isV4();
        Script script = new Script(isV4 ? "IPv4 options" : "IPv6 extension headers", flow);
        Header header = isV4 ? v4Options(flow) : v6Options();
        script.request(header, segment(script.flow()));
        script.reply(isV4 ? v4Options(flow) : v6Options(), answer(script));
        return script;
    }

    /** A refusal would echo a recorded route, which Vipline's does not. */
    private Header v4Options(Flow flow) {
        String drawn = dice.oneOf(V4_OPTIONS);
        boolean mayBeRefused = flow.endpoints().isEmpty() && drawn.startsWith("07");
        byte[] option = HexFormat.of().parseHex(mayBeRefused ? V4_OPTIONS.getFirst() : drawn);
        byte[] padded = Arrays.copyOf(option, (option.length + 3) / 4 * 4);
        return dice.header().withOptions(padded, 0, 0);
    }

    private Header v6Options() {
        int kind = dice.oneOf(HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, HOP_BY_HOP);
        String options = kind == ROUTING ? "0000" + "00000000" : dice.oneOf(V6_OPTIONS);
        byte[] header = HexFormat.of().parseHex("0000" + options);
        return dice.header().withOptions(header, kind, 0);
    }

    /** From an address that nobody has, or that the node itself has; or to one. */
    Script martian(Flow flow, Flows flows) {
        boolean isV4 = flow.client().address().isV4();
        IpAddress odd = IpAddress.of(isV4 ? dice.oneOf(V4_MARTIANS) : dice.oneOf(V6_MARTIANS));
        // what must not leave its link does, or does not, with the endpoint that is chosen
        boolean isBoundToLink = odd.high() >>> 54 == 0x3fa || odd.high() == 0 && odd.low() == 0;
        if (dice.oneIn(6) || isBoundToLink && !isV4 && flow.endpoints().size() > 1) {
            odd = flow.service().address();
        } else if (dice.oneIn(4)) {
            odd = flows.nodeIp(odd.family());
        }
        // to a port of the node itself that nobody listens at: the kernel refuses a datagram without any rule
        // and where what is of one link in IPv6 goes hangs on the link that it came by
        boolean isOfLink = !isV4 && odd.high() >>> 56 >= 0xfe;
        boolean isSource = flow.protocol() == Transport.UDP || isOfLink || dice.below(3) > 0;
        IpPort from = isSource ? new IpPort(odd, flow.client().port()) : flow.client();
        IpPort to = isSource ? flow.service() : new IpPort(odd, flow.service().port());
        Script script = new Script("addresses that no packet has", flows.flow(flow.protocol(), from, to));
        script.request(dice.oneIn(5) ? dice.header().withTtl(1) : dice.header(), segment(script.flow()));
        return script;
    }

    Script wrongChecksum(Flow flow) {
        Script script = new Script("a wrong checksum", flow);
        if (dice.oneIn(2)) {
            script.request(dice.header(), segment(script.flow()));
            script.reply(dice.header(), answer(script));
        }
        boolean isV4 = flow.client().address().isV4();
        int network = isV4 ? 20 : 40;
        int transport = switch (flow.protocol()) {
            case Transport.TCP -> 16;
            case Transport.UDP -> 6;
            default -> 8;
        };
        int at = isV4 && dice.oneIn(4) ? 10 : network + transport;
        Header header = dice.oneIn(6) ? dice.header().withTtl(1) : dice.header();
        script.mangledRequest(header, segment(script.flow()), at, 1 + dice.below(255));
        script.request(dice.header(), segment(script.flow()));
        return script;
    }

    /** Lengths that lie, in the IP header, in TCP's and UDP's; bytes too few and too many. */
    Script wrongLength(Flow flow) {
        Script script = new Script("a length that lies", flow);
        boolean isV4 = flow.client().address().isV4();
        byte[] packet = dice.header().packet(flow.client(), flow.service(), segment(script.flow()));
        int network = isV4 ? 20 : 40;
        switch (dice.below(5)) {
            case 0 -> script.raw(Arrays.copyOf(packet, 1 + dice.below(packet.length)));
            case 1 -> script.raw(Arrays.copyOf(packet, packet.length + 1 + dice.below(30)));
            case 2 -> {
                // never 0, which tells Vipline of a super-frame and the kernel of nothing
                packet[isV4 ? 3 : 5] = (byte) dice.between(1, 255);
                script.raw(OwnChecksum.mendV4Header(packet));
            }
            case 3 -> {
                packet[network + (script.isTcp() ? 12 : 5)] = (byte) dice.bits();
                script.raw(packet);
            }
            default -> {
                packet[0] = (byte) (packet[0] & 0xf0 | dice.below(16));
                script.raw(isV4 ? OwnChecksum.mendV4Header(packet) : packet);
            }
        }
        return script;
    }

    Script otherProtocol(Flow flow) {
        Script script = new Script("another protocol", flow);
        byte[] payload = dice.bytes(8 + dice.below(100));
        // a GRE header without anything optional, around IPv4; as an IPv6 extension header the end of the chain
        System.arraycopy(new byte[] {0, 0, 8, 0}, 0, payload, 0, 4);
        script.request(dice.header(), new Segment.Other(flow.protocol(), payload, dice.oneIn(2)));
        script.request(dice.header(), new Segment.Other(flow.protocol(), payload, dice.oneIn(2)));
        return script;
    }

    /** Some bits of a good packet turned over; the header's checksum, if any, put right again. */
    Script spoiled(Flow flow, Flows flows) {
        byte[] packet = dice.header().packet(flow.client(), flow.service(), segment(flow));
        boolean isV4 = flow.client().address().isV4();
        int addressesAt = isV4 ? 12 : 8;
        int addressesEnd = isV4 ? 20 : 40;
        for (int i = 1 + dice.below(3); i > 0; i--) {
            int at = dice.below(Math.min(packet.length, 60));
            if (at < addressesAt || at >= addressesEnd) {
                packet[at] ^= (byte) (1 << dice.below(8));
            }
        }
        int lengthAt = isV4 ? 2 : 4;
        boolean hasNoLength = packet[lengthAt] == 0 && packet[lengthAt + 1] == 0;
        // as in wrongLength
        packet[lengthAt + 1] += (byte) (hasNoLength ? 1 : 0);
        PacketView view = new PacketView(packet);
        boolean isSomeFlow = view.isIp() && view.hasPorts() && view.isV4() == isV4;
        Flow spoilt = isSomeFlow ? flows.flow(view.protocol(), view.source(), view.destination()) : flow;
        Script script = new Script("a packet with bits turned over", spoilt);
        script.mayMove();
        script.raw(dice.oneIn(4) ? packet : OwnChecksum.mendV4Header(packet));
        return script;
    }
}
