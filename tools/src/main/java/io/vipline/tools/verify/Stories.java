package io.vipline.tools.verify;

import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Transport;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Writes scripts: each call one of a kind drawn by weight, in a conversation of its own. */
final class Stories implements Supplier<Script> {
    private static final byte[] NO_TAG = {};
    /** Mostly none, 802.1Q, 802.1ad around 802.1Q: a tagged frame must come to what the kernel makes of the untagged one. */
    private static final List<byte[]> TAGS = List.of(
            NO_TAG,
            NO_TAG,
            NO_TAG,
            NO_TAG,
            HexFormat.of().parseHex("81000064"),
            HexFormat.of().parseHex("88a8c00a8100e064"));

    private final List<Supplier<Optional<Script>>> kinds = new ArrayList<>();
    private final Dice dice;
    private final List<byte[]> tags;

    /** @param tags what frames are tagged with: one of these for each conversation */
    private Stories(Dice dice, List<byte[]> tags) {
        this.dice = dice;
        this.tags = tags;
    }

    /** Those that take no time. */
    static Stories atOnce(Flows flows, Dice dice) {
        Stories stories = new Stories(dice, TAGS);
        stories.addAtOnce(flows);
        return stories;
    }

    /** Those that wait for timeouts. */
    static Stories overTime(Flows flows, Sysctls sysctls, Dice dice) {
        Stories stories = new Stories(dice, List.of(NO_TAG));
        TimedStories timed = new TimedStories(sysctls, dice);
        stories.add(12, () -> flows.toServiceWithoutAffinity(Transport.TCP).map(timed::tcp));
        stories.add(1, () -> flows.toServiceWithoutAffinity(Transport.TCP).map(timed::synRepeated));
        stories.add(5, () -> flows.toServiceWithoutAffinity(Transport.UDP).map(timed::udp));
        stories.add(4, () -> flows.toServiceWithoutAffinity(Transport.SCTP).map(timed::sctp));
        stories.add(2, () -> Optional.of(flows.between(ICMP_OF_EITHER)).map(timed::echo));
        stories.add(3, () -> flows.toServiceWithoutAffinity(Transport.UDP).map(timed::fragments));
        stories.add(
                2, () -> flows.toServiceWithAffinity().map(flow -> timed.affinity(flow, flows.affinitySeconds(flow))));
        return stories;
    }

    private void addAtOnce(Flows flows) {
        TcpStories tcp = new TcpStories(dice);
        DatagramStories datagrams = new DatagramStories(dice);
        SctpStories sctp = new SctpStories(dice);
        IcmpStories icmp = new IcmpStories(dice);
        FragmentStories fragments = new FragmentStories(dice);
        OddStories odd = new OddStories(dice);
        add(20, () -> flows.toAny(Transport.TCP).map(tcp::conversation));
        add(8, () -> flows.toAny(Transport.TCP).map(tcp::disturbed));
        add(4, () -> flows.toAny(Transport.TCP).map(tcp::underWay));
        add(4, () -> flows.toAny(Transport.TCP).map(tcp::refused));
        add(4, () -> flows.toAny(Transport.TCP).map(tcp::openedByBoth));
        add(4, () -> flows.toAny(Transport.TCP).map(tcp::reopened));
        add(4, () -> flows.toAny(Transport.TCP).map(tcp::anyFlags));
        add(8, () -> flows.toAny(Transport.TCP).map(tcp::outOfWindow));
        add(12, () -> flows.toAny(Transport.UDP).map(datagrams::exchange));
        add(3, () -> flows.toAny(Transport.UDP).map(datagrams::unsummed));
        add(6, () -> flows.toAny(Transport.SCTP).map(sctp::association));
        add(3, () -> flows.toAny(Transport.SCTP).map(sctp::anyChunks));
        add(3, () -> Optional.of(flows.between(ICMP_OF_EITHER)).map(icmp::echo));
        add(8, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(icmp::errorToClient));
        add(8, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(icmp::errorToEndpoint));
        add(3, () -> flows.toAny(Transport.UDP).map(icmp::errorOutOfTheBlue));
        add(3, () -> Optional.of(flows.between(ICMP_OF_EITHER)).map(icmp::anyType));
        add(6, () -> flows.toAny(Transport.UDP).map(fragments::inPieces));
        add(2, () -> flows.toAny(Transport.TCP).map(fragments::segmentInPieces));
        add(4, () -> flows.toAny(Transport.UDP).map(fragments::tooLong));
        add(2, () -> Optional.of(flows.between(ICMP_OF_EITHER)).map(fragments::echoInPieces));
        add(3, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(odd::lastHop));
        add(4, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(odd::options));
        add(
                3,
                () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP, Transport.SCTP))
                        .map(odd::wrongChecksum));
        add(3, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(odd::wrongLength));
        add(
                2,
                () -> Optional.of(flows.between(dice.oneOf(2, 4, 41, 47, 50, 59, 103, 108, 255)))
                        .map(odd::otherProtocol));
        add(3, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(flow -> odd.spoiled(flow, flows)));
        add(3, () -> flows.toAny(dice.oneOf(Transport.TCP, Transport.UDP)).map(flow -> odd.martian(flow, flows)));
    }

    /** Stands for ICMP or ICMPv6, as the address family has it. */
    static final int ICMP_OF_EITHER = Transport.ICMP;

    private void add(int weight, Supplier<Optional<Script>> kind) {
        for (int i = 0; i < weight; i++) {
            kinds.add(kind);
        }
    }

    /** The next script; its kind may need what the cluster has not: then another is tried. */
    @Override
    public Script get() {
        while (true) {
            Optional<Script> script = dice.oneOf(kinds).get();
            if (script.isPresent()) {
                script.get().tag(dice.oneOf(tags));
                return script.get();
            }
        }
    }
}
