package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.Optional;

/** Echo, and errors about packets of other conversations. */
final class IcmpStories {
    private static final int ENOUGH = 1 << 16;
    private static final byte[] NOTHING = {};

    private final Dice dice;

    IcmpStories(Dice dice) {
        this.dice = dice;
    }

    Script echo(Flow flow) {
        Script script = new Script("echo requests and replies", flow);
        boolean isV4 = flow.client().address().isV4();
        for (int i = 1 + dice.below(3); i > 0; i--) {
            byte[] payload = dice.payload();
            script.request(dice.header(), new Segment.Icmp(isV4 ? 8 : 128, 0, i, true, payload));
            script.reply(dice.header(), new Segment.Icmp(isV4 ? 0 : 129, 0, i, true, payload));
        }
        if (dice.oneIn(4)) {
            script.reply(dice.header(), new Segment.Icmp(isV4 ? 8 : 128, 0, 9, true, NOTHING));
        }
        return script;
    }

    /** Messages of any type and code that are no neighbour discovery, which the link would answer. */
    Script anyType(Flow flow) {
        Script script = new Script("ICMP of any type", flow);
        boolean isV4 = flow.client().address().isV4();
        for (int i = 1 + dice.below(4); i > 0; i--) {
            int type = isV4 ? dice.below(48) : dice.oneOf(dice.below(128), 128, 129, 137, 138, 139, 140, 144, 200, 255);
            Segment message = new Segment.Icmp(type, dice.below(8), dice.bits(), true, dice.payload());
            if (dice.oneIn(3)) {
                script.reply(dice.header(), message);
            } else {
                script.request(dice.header(), message);
            }
        }
        return script;
    }

    /** An endpoint, or a router on the way to it, has something to say about a request. */
    Script errorToClient(Flow flow) {
        Script script = new Script("an error about a request", flow);
        say(script);
        script.errorToClient(dice.header(), error(flow), router(flow), quotedBytes(flow));
        say(script);
        if (dice.oneIn(3)) {
            script.errorToClient(dice.header(), error(flow), router(flow), quotedBytes(flow));
        }
        return script;
    }

    /** The client, or a router on the way to it, has something to say about an answer. */
    Script errorToEndpoint(Flow flow) {
        Script script = new Script("an error about an answer", flow);
        say(script);
        script.errorToEndpoint(dice.header(), error(flow), router(flow), quotedBytes(flow));
        say(script);
        if (dice.oneIn(3)) {
            script.errorToEndpoint(dice.header(), error(flow), router(flow), quotedBytes(flow));
        }
        return script;
    }

    /** A request and its answer. */
    private void say(Script script) {
        boolean isTcp = script.isTcp();
        boolean isFirst = script.steps().isEmpty();
        if (!isTcp) {
            script.request(dice.header(), new Segment.Udp(dice.payload(), true));
            script.reply(dice.header(), new Segment.Udp(dice.payload(), true));
        } else if (isFirst) {
            new TcpSpeech(script, dice).open();
        }
    }

    /** About a packet that nobody sent. */
    Script errorOutOfTheBlue(Flow flow) {
        Script script = new Script("an error about a packet that was never sent", flow);
        byte[] about = dice.header().packet(flow.service(), flow.client(), new Segment.Udp(dice.payload(), true));
        Segment.Icmp error = error(flow);
        byte[] quoted = dice.oneIn(4) ? dice.bytes(dice.below(60)) : about;
        script.raw(dice.header()
                .packet(
                        flow.client(),
                        flow.service(),
                        new Segment.Icmp(error.type(), error.code(), error.rest(), false, quoted)));
        return script;
    }

    private Segment.Icmp error(Flow flow) {
        int mtu = dice.oneOf(1280, 1400, 0);
        boolean isV4 = flow.client().address().isV4();
        return isV4
                ? dice.oneOf(
                        message(3, 3, 0),
                        message(3, 1, 0),
                        message(3, 13, 0),
                        message(3, 4, mtu),
                        message(11, 0, 0),
                        message(12, 0, 20 << 24),
                        message(4, 0, 0))
                : dice.oneOf(
                        message(1, 4, 0), message(1, 0, 0), message(2, 0, mtu), message(3, 0, 0), message(4, 1, 40));
    }

    private static Segment.Icmp message(int type, int code, int rest) {
        return new Segment.Icmp(type, code, rest, false, NOTHING);
    }

    private Optional<IpPort> router(Flow flow) {
        boolean isV4 = flow.client().address().isV4();
        IpAddress router = isV4 ? IpAddress.of("198.18.0.254") : IpAddress.of("2001:db8:c11e::fe");
        return dice.oneIn(2) ? Optional.empty() : Optional.of(new IpPort(router, 0));
    }

    /** How much is quoted. A cut TCP header keeps its checksum as the endpoint's choice made it: none is cut there. */
    private int quotedBytes(Flow flow) {
        int bytes = dice.oneOf(28, 48, ENOUGH, ENOUGH, dice.below(100));
        int checksumEnds = (flow.client().address().isV4() ? 20 : 40) + 18;
        boolean isCutThere = bytes >= checksumEnds - 2 && bytes < checksumEnds + 2;
        return isCutThere ? checksumEnds - 2 : bytes;
    }

    static boolean isIcmp(int protocol) {
        return protocol == Transport.ICMP || protocol == Transport.ICMPV6;
    }
}
