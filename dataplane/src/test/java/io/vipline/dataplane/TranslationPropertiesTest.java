package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.DrawnServices.Service;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/**
 * What NAT does to any packet of any flow to any Service: its ends, its time to live and the checksums change, and nothing
 * else, and the way back undoes it. A try is a cluster of some Services and some flows to them.
 */
class TranslationPropertiesTest {
    private static final int FLOWS = 20;
    private static final int ERROR_HEADER_BYTES = 8;

    @Provide
    Arbitrary<Long> seeds() {
        return Arbitraries.longs();
    }

    /** A flow that has begun: its first packet, as it came and as it left. */
    private record Begun(TestNode node, Service service, FrameDraft in, FrameDraft out) {}

    private interface Check {
        void of(Begun flow, SplittableRandom random);
    }

    private static void forFlows(long seed, Check check) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        DrawnServices drawn = DrawnServices.draw(random);
        try (TestNode node = new TestNode(drawn.rules(), CapturePoint.NODE, ChecksumMode.TRUST)) {
            for (int i = 0; i < FLOWS; i++) {
                Service service = drawn.any(random);
                boolean isV4 = service.clusterIp().address().isV4();
                IpAddress client = IpAddress.of((isV4 ? "203.0." : "2001:db8::") + (isV4 ? i + ".9" : i + 1));
                IpPort source = new IpPort(client, random.nextInt(1, 65_536));
                boolean isNodePort = random.nextBoolean();
                IpPort destination = isNodePort ? service.nodePort() : service.clusterIp();
                FrameDraft in = FrameDraft.random(random, service.protocol(), source, destination);
                FrameDraft out = translated(in, service, isNodePort, only(node, in));
                check.of(new Begun(node, service, in, out), random);
            }
            assertThat(node.counters.isConserved()).isTrue();
        }
    }

    private static byte[] only(TestNode node, FrameDraft in) {
        byte[] frame = in.frame();
        List<TestNode.Out> outs = node.send(frame, frame.length, 0);
        assertThat(outs).as("out of " + in + ", refused " + node.refused()).hasSize(1);
        return outs.getFirst().frame();
    }

    /** What the packet must have become, with what the node was free to choose taken from what came out. */
    private static FrameDraft translated(FrameDraft in, Service service, boolean isNodePort, byte[] out) {
        IpPort source = end(in, out, true);
        IpPort destination = end(in, out, false);
        assertThat(service.endpoints()).contains(destination);
        if (isNodePort) {
            assertThat(source.address()).isEqualTo(service.nodePort().address());
            assertThat(portClass(source.port())).isEqualTo(portClass(in.source().port()));
        } else {
            assertThat(source).isEqualTo(in.source());
        }
        FrameDraft expected = in.with(source, destination, in.ttl() - 1);
        assertSame(out, expected);
        return expected;
    }

    /** {@code nf_nat_l4proto_unique_tuple} keeps a port below 512, below 1024 or above. */
    private static int portClass(int port) {
        return port < 512 ? 0 : port < 1024 ? 1 : 2;
    }

    private static IpPort end(FrameDraft draft, byte[] frame, boolean isSource) {
        ByteBuffer view = ByteBuffer.wrap(frame);
        int port = view.getShort(draft.transport() + (isSource ? 0 : 2)) & 0xffff;
        if (draft.isV4()) {
            return new IpPort(IpAddress.v4(view.getInt(draft.network() + (isSource ? 12 : 16))), port);
        }
        int at = draft.network() + (isSource ? 8 : 24);
        return new IpPort(IpAddress.v6(view.getLong(at), view.getLong(at + 8)), port);
    }

    /** To the byte, but that a wrong checksum may be either zero. */
    private static void assertSame(byte[] frame, FrameDraft expected) {
        byte[] other = expected.frame();
        int at = expected.checksumAt();
        if (expected.sumFault() != 0 && frame.length == other.length && isZero(frame, at) && isZero(other, at)) {
            frame[at] = other[at];
            frame[at + 1] = other[at + 1];
        }
        assertThat(hex(frame)).as(expected.toString()).isEqualTo(hex(other));
    }

    private static boolean isZero(byte[] frame, int at) {
        return frame[at] == frame[at + 1] && (frame[at] == 0 || frame[at] == -1);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void whatNatDoesTheWayBackUndoes(@ForAll("seeds") long seed) throws IOException {
        forFlows(seed, (flow, random) -> {
            FrameDraft answer = flow.out.reversed();
            FrameDraft heard = flow.in.reversed().with(flow.in.destination(), flow.in.source(), flow.out.ttl() - 1);
            assertSame(only(flow.node, answer), heard);
        });
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void aFlowStaysWithItsEndpointAndItsPort(@ForAll("seeds") long seed) throws IOException {
        forFlows(seed, (flow, random) -> {
            for (int i = 0; i < 3; i++) {
                // TCP and SCTP have states, to which the same again is right
                boolean isFree = flow.in.protocol() == FrameDraft.UDP;
                FrameDraft again = isFree
                        ? FrameDraft.random(random, FrameDraft.UDP, flow.in.source(), flow.in.destination())
                        : flow.in;
                FrameDraft expected = again.with(flow.out.source(), flow.out.destination(), again.ttl() - 1);
                assertSame(only(flow.node, again), expected);
            }
        });
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void whatTheSnapLengthCutIsTheBeginningOfWhatWouldHaveLeft(@ForAll("seeds") long seed) throws IOException {
        forFlows(seed, (flow, random) -> {
            byte[] frame = flow.in.frame();
            byte[] whole = only(flow.node, flow.in);
            // SCTP's sum is over all of it, and TCP is judged by its header
            int least = flow.in.protocol() == FrameDraft.SCTP
                    ? frame.length
                    : flow.in.transport() + (flow.in.protocol() == FrameDraft.TCP ? 20 : 8);
            int captured = random.nextInt(least, frame.length + 1);
            TestNode.Out out = flow.node
                    .send(Arrays.copyOf(frame, frame.length), captured, 0)
                    .getFirst();
            assertThat(hex(out.frame())).isEqualTo(hex(Arrays.copyOf(whole, captured)));
            assertThat(out.original()).isEqualTo(frame.length);
        });
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void anErrorAboutAPacketTellsItsSenderAboutWhatItSent(@ForAll("seeds") long seed) throws IOException {
        forFlows(seed, (flow, random) -> {
            byte[] sent = flow.in.frame();
            byte[] seen = flow.out.frame();
            int ipBytes = flow.in.transport() - flow.in.network() + flow.in.transportBytes();
            int least = flow.in.transport() - flow.in.network() + 8;
            // IPv4 says with a whole header what was sent, IPv6 where the room ends
            int quoted = random.nextInt(least, ipBytes + 1);
            boolean isV4 = flow.in.isV4();
            IpAddress router = IpAddress.of(isV4 ? "198.51.100.1" : "2001:db8:9::1");
            byte[] error = error(
                    router,
                    flow.out.source().address(),
                    Arrays.copyOfRange(seen, flow.in.network(), flow.in.network() + quoted));
            List<TestNode.Out> outs = flow.node.send(error, error.length, 0);
            assertThat(outs).as("refused " + flow.node.refused()).hasSize(1);
            byte[] heard = outs.getFirst().frame();
            int inner = 14 + (isV4 ? 20 : 40) + ERROR_HEADER_BYTES;
            byte[] expected = Arrays.copyOfRange(sent, flow.in.network(), flow.in.network() + quoted);
            byte[] there = Arrays.copyOfRange(heard, inner, heard.length);
            hop(expected, isV4, flow.out.ttl());
            int sum = flow.in.checksumAt() - flow.in.network();
            int header = flow.in.transport() - flow.in.network();
            if (flow.in.protocol() == FrameDraft.SCTP && quoted < ipBytes) {
                // as the kernel does: the sum becomes that of what is there
                copy(there, expected, header + 8, header + 12);
            } else if (flow.in.protocol() == FrameDraft.TCP && quoted < header + 20) {
                // tcp_manip_pkt() touches the sum of a whole header only
                copy(Arrays.copyOfRange(seen, flow.in.network(), seen.length), expected, sum, sum + 2);
            } else {
                settleZero(expected, there, sum);
            }
            assertThat(hex(there)).as(flow.in.toString()).isEqualTo(hex(expected));
            assertThat(icmpSum(heard, isV4)).as("sum of the message").isEqualTo(0xffff);
            assertThat(FrameText.onesSum(heard, 14, isV4 ? 20 : 0, isV4 ? 0 : 0xffff))
                    .isEqualTo(0xffff);
            ByteBuffer view = ByteBuffer.wrap(heard);
            IpAddress to = isV4 ? IpAddress.v4(view.getInt(30)) : IpAddress.v6(view.getLong(38), view.getLong(46));
            assertThat(to).isEqualTo(flow.in.source().address());
        });
    }

    /** As far as the target reaches. */
    private static void copy(byte[] from, byte[] to, int begin, int end) {
        for (int at = begin; at < Math.min(end, to.length); at++) {
            to[at] = from[at];
        }
    }

    /** Either zero will do where a quote's sum is wrong, or cut off. */
    private static void settleZero(byte[] expected, byte[] there, int at) {
        if (at >= 0 && at + 2 <= expected.length && isZero(expected, at) && isZero(there, at)) {
            expected[at] = there[at];
            expected[at + 1] = there[at + 1];
        }
    }

    /** Sets the time to live in a packet. */
    private static void hop(byte[] packet, boolean isV4, int ttl) {
        if (!isV4) {
            packet[7] = (byte) ttl;
            return;
        }
        int headerBytes = (packet[0] & 15) * 4;
        packet[8] = (byte) ttl;
        packet[10] = packet[11] = 0;
        ByteBuffer.wrap(packet).putShort(10, (short) ~FrameText.onesSum(packet, 0, headerBytes, 0));
    }

    /** Time exceeded. */
    private static byte[] error(IpAddress from, IpAddress to, byte[] quoted) {
        boolean isV4 = from.isV4();
        int header = isV4 ? 20 : 40;
        ByteBuffer frame = ByteBuffer.allocate(14 + header + ERROR_HEADER_BYTES + quoted.length);
        frame.position(12).putShort((short) (isV4 ? 0x0800 : 0x86dd));
        if (isV4) {
            frame.putInt(0x4500_0000 | header + ERROR_HEADER_BYTES + quoted.length)
                    .putInt(0)
                    .putInt(0x4001_0000)
                    .putInt(from.v4())
                    .putInt(to.v4());
            frame.putShort(24, (short) ~FrameText.onesSum(frame.array(), 14, header, 0));
        } else {
            frame.putInt(0x6000_0000).putShort((short) (ERROR_HEADER_BYTES + quoted.length));
            frame.putShort((short) 0x3a40).putLong(from.high()).putLong(from.low());
            frame.putLong(to.high()).putLong(to.low());
        }
        frame.put((byte) (isV4 ? 11 : 3))
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(0)
                .put(quoted);
        int sum = (int) ~icmpSum(frame.array(), isV4) & 0xffff;
        return frame.putShort(14 + header + 2, (short) sum).array();
    }

    private static long icmpSum(byte[] frame, boolean isV4) {
        int at = 14 + (isV4 ? 20 : 40);
        int length = frame.length - at;
        long pseudo = isV4 ? 0 : FrameText.onesSum(frame, 22, 32, 58L + length);
        return FrameText.onesSum(frame, at, length, pseudo);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void aDatagramInPiecesLeavesAsItWouldHaveLeftWhole(@ForAll("seeds") long seed) throws IOException {
        forFlows(seed, (flow, random) -> {
            boolean isPlain = flow.in.options().length == 0 && flow.in.protocol() != FrameDraft.SCTP;
            if (!isPlain) {
                return;
            }
            FrameDraft in = flow.in.withoutFault();
            List<byte[]> pieces = pieces(in, random);
            List<byte[]> left = new ArrayList<>();
            List<byte[]> order = new ArrayList<>(pieces);
            Collections.shuffle(order, new Random(random.nextLong()));
            if (random.nextBoolean() && order.size() > 1) {
                order.add(1, order.getFirst());
            }
            for (byte[] piece : order) {
                flow.node.send(piece, piece.length, 0).forEach(out -> left.add(out.frame()));
            }
            FrameDraft out = in.with(flow.out.source(), flow.out.destination(), flow.out.ttl());
            byte[] whole = out.frame();
            if (!in.isV4() && leavesWhole(in, pieces)) {
                assertThat(left).hasSize(1);
                assertThat(hex(left.getFirst())).isEqualTo(hex(Arrays.copyOf(whole, left.getFirst().length)));
                return;
            }
            assertThat(left).hasSize(pieces.size());
            byte[] expected = Arrays.copyOfRange(whole, out.transport(), out.transport() + out.transportBytes());
            int payloadAt = in.transport() + (in.isV4() || pieces.size() == 1 ? 0 : 8);
            int at = 0;
            for (int i = 0; i < left.size(); i++) {
                byte[] piece = left.get(i);
                assertThat(piece).as("its length").hasSize(pieces.get(i).length);
                byte[] share = Arrays.copyOfRange(piece, payloadAt, piece.length);
                assertThat(hex(share)).isEqualTo(hex(Arrays.copyOfRange(expected, at, at + share.length)));
                assertThat(FrameText.onesSum(piece, in.network(), in.isV4() ? 20 : 0, in.isV4() ? 0 : 0xffff))
                        .as("header sum")
                        .isEqualTo(0xffff);
                assertThat(addresses(in, piece)).isEqualTo(addresses(in, whole));
                at += share.length;
            }
            assertThat(at).isEqualTo(expected.length);
        });
    }

    /** {@code ip6_output()} cuts what is longer than the longest piece that came. */
    private static boolean leavesWhole(FrameDraft draft, List<byte[]> pieces) {
        int longest = pieces.stream().mapToInt(piece -> piece.length).max().orElseThrow();
        return draft.transport() + draft.transportBytes() <= longest;
    }

    private static String addresses(FrameDraft draft, byte[] frame) {
        int at = draft.network() + (draft.isV4() ? 12 : 8);
        return HexFormat.of().formatHex(frame, at, at + (draft.isV4() ? 8 : 32));
    }

    /** At least 24 bytes each but for the last one: a whole header is in the first. */
    private static List<byte[]> pieces(FrameDraft draft, SplittableRandom random) {
        byte[] frame = draft.frame();
        List<byte[]> pieces = new ArrayList<>();
        int bytes = draft.transportBytes();
        int header = draft.transport() - draft.network();
        int from = 0;
        int fragmentId = random.nextInt();
        while (from < bytes) {
            int to = Math.min(bytes, from + 8 * random.nextInt(5, 12));
            boolean more = to < bytes;
            ByteBuffer piece = ByteBuffer.allocate(draft.transport() + (draft.isV4() ? 0 : 8) + to - from);
            piece.put(frame, 0, draft.transport());
            if (draft.isV4()) {
                piece.putShort(draft.network() + 2, (short) (header + to - from));
                piece.putShort(draft.network() + 4, (short) fragmentId);
                piece.putShort(draft.network() + 6, (short) (from / 8 | (more ? 0x2000 : 0)));
                piece.putShort(draft.network() + 10, (short) 0);
                piece.putShort(
                        draft.network() + 10, (short) ~FrameText.onesSum(piece.array(), draft.network(), header, 0));
            } else {
                piece.putShort(draft.network() + 4, (short) (8 + to - from));
                piece.put(draft.network() + 6, (byte) 44);
                piece.put((byte) draft.protocol()).put((byte) 0).putShort((short) (from | (more ? 1 : 0)));
                piece.putInt(fragmentId);
            }
            pieces.add(piece.put(frame, draft.transport() + from, to - from).array());
            from = to;
        }
        // a datagram of one piece is none
        return pieces.size() > 1 ? pieces : List.of(Arrays.copyOf(frame, draft.transport() + bytes));
    }
}
