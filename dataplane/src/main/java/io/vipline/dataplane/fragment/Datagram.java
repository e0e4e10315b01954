package io.vipline.dataplane.fragment;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The fragments of one datagram that have come so far, as {@code struct inet_frag_queue} holds them; whole, it is taken
 * through the pipeline as one packet and leaves in the pieces in which it came, in order.
 */
public final class Datagram implements AutoCloseable {
    /** What adding a fragment came to. */
    enum Addition {
        ADDED,
        /** The same bytes are there already ({@code IPFRAG_DUP}). */
        DUPLICATE,
        /**
         * It overlaps another one ({@code IPFRAG_OVERLAP}), holds nothing, is not of whole eights, or the end is in two
         * places: the datagram is lost.
         */
        MISFIT
    }

    /**
     * A fragment's frame and what came along with it.
     *
     * @param from offset of its payload in the datagram's, bytes
     * @param to end of it
     * @param network where its IP header begins
     * @param fragmentHeader where its IPv6 fragment header begins; 0 for IPv4
     * @param payloadAt where its payload begins
     */
    private record Piece(
            int from,
            int to,
            byte[] frame,
            int original,
            int network,
            int fragmentHeader,
            int payloadAt,
            int interfaceIndex,
            LinkType linkType) {
        static Piece of(FrameBatch batch, Packet packet) {
            byte[] frame = new byte[packet.captured];
            batch.memory.getBytes(packet.frameOffset, frame);
            return new Piece(
                    packet.fragmentOffset,
                    endOf(packet),
                    frame,
                    packet.original,
                    packet.network,
                    packet.fragmentHeader,
                    packet.payload,
                    batch.interfaceIndex(packet.slot),
                    batch.linkType(packet.slot));
        }

        int ipBytes() {
            return payloadAt - network + to - from;
        }

        boolean hasDontFragment() {
            return fragmentHeader == 0 && (frame[network + Ipv4.FRAGMENT] & Ipv4.DONT_FRAGMENT >> 8) != 0;
        }

        /** Without what it has beyond a multiple of eight bytes. */
        Piece trimmed() {
            int end = to & ~7;
            int bytes = payloadAt + end - from;
            byte[] shorter = Arrays.copyOf(frame, Math.min(frame.length, bytes));
            Defragmented.shorten(shorter, network, bytes - network);
            return new Piece(from, end, shorter, bytes, network, fragmentHeader, payloadAt, interfaceIndex, linkType);
        }

        /** Bytes of payload that are there; a trailer behind them is not payload. */
        int payloadCaptured() {
            return Math.min(to - from, frame.length - payloadAt);
        }
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final long firstNs;
    private final FragmentRuns runs = new FragmentRuns();
    /** As far as it is known to reach, */
    private int payloadBytes;
    /** and whether that is all. */
    private boolean isEndKnown;

    private int heldBytes;
    private Arena arena;
    private FrameBatch batch;
    private Packet[] packets;

    Datagram(long firstNs) {
        this.firstNs = firstNs;
    }

    /** Time stamp of the first fragment to arrive. */
    long firstNs() {
        return firstNs;
    }

    /** Bytes of memory that the fragments take. */
    int heldBytes() {
        return heldBytes;
    }

    /** Number of frames that the datagram came in. */
    public int frames() {
        return pieces.size();
    }

    /** {@code ip_frag_queue}, {@code nf_ct_frag6_queue}. */
    Addition add(FrameBatch from, Packet packet) {
        boolean isCutAmiss = packet.moreFragments && (endOf(packet) & 7) != 0;
        Piece added = Piece.of(from, packet);
        if (isCutAmiss && packet.family == Packet.IPV4) {
            added = added.trimmed();
        } else if (isCutAmiss) {
            return Addition.MISFIT;
        }
        if (!takeEnd(added.to, packet.moreFragments) || added.to == added.from) {
            return Addition.MISFIT;
        }
        Addition addition = runs.add(added.from, added.to);
        if (addition == Addition.ADDED) {
            pieces.add(added);
            heldBytes += packet.captured;
        }
        return addition;
    }

    /** Where the packet's share of the datagram's payload ends. */
    private static int endOf(Packet packet) {
        return packet.fragmentOffset + packet.network + packet.ipBytes - packet.payload;
    }

    /** @return whether a piece that ends there goes with what is known of the datagram's end */
    private boolean takeEnd(int end, boolean hasMoreBehind) {
        if (!hasMoreBehind) {
            boolean fits = end >= payloadBytes && !(isEndKnown && end != payloadBytes);
            isEndKnown |= fits;
            payloadBytes = fits ? end : payloadBytes;
            return fits;
        }
        if (end > payloadBytes && isEndKnown) {
            return false;
        }
        payloadBytes = Math.max(payloadBytes, end);
        return true;
    }

    boolean isWhole() {
        return isEndKnown
                && pieces.stream().mapToInt(piece -> piece.to - piece.from).sum() == payloadBytes;
    }

    /**
     * Lays the datagram out twice in one memory: whole, as if it had never been cut, and in its pieces.
     *
     * @param number number of the frame that made the datagram whole, with which all of it leaves
     * @param nowNs when it leaves
     */
    void assemble(long number, long nowNs) {
        pieces.sort(Comparator.comparingInt(Piece::from));
        Piece first = pieces.getFirst();
        int wholeBytes = headerOfWhole() + payloadBytes;
        arena = Arena.ofConfined();
        batch = new FrameBatch(1 + pieces.size());
        batch.memory.wrap(arena.allocate(wholeBytes + heldBytes, 8).address(), wholeBytes + heldBytes);
        add(first, 0, capturedOfWhole(), wholeBytes, nowNs);
        int at = wholeBytes;
        for (Piece piece : pieces) {
            batch.memory.putBytes(
                    headerOfWhole() + piece.from, piece.frame, piece.payloadAt(), piece.payloadCaptured());
            batch.memory.putBytes(at, piece.frame);
            add(piece, at, piece.frame.length, piece.original(), nowNs);
            at += piece.frame.length;
        }
        batch.memory.putBytes(0, first.frame, 0, headerOfWhole());
        int protocol = first.frame[first.fragmentHeader()] & 0xff;
        Defragmented.mend(batch.memory, first.network(), first.fragmentHeader(), wholeBytes, protocol);
        if (first.fragmentHeader() == 0) {
            Defragmented.dontFragment(batch.memory, first.network(), mayNotBeCut());
        }
        packets = new Packet[batch.count];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet();
            Decoder.decode(batch, i, packets[i]);
            packets[i].number = number;
        }
        packets[0].datagram = this;
        packets[0].ordinary = false;
    }

    private void add(Piece like, int at, int captured, int original, long nowNs) {
        batch.add(at, captured, original, nowNs, like.interfaceIndex(), like.linkType());
    }

    /**
     * Lays the first fragment out alone, as the one that is quoted to the sender of a datagram that never came together.
     *
     * @param first described so, with {@code number}
     * @return its memory; empty if just others came
     */
    public Optional<FrameBatch> first(Packet first, long number, long nowNs) {
        Optional<Piece> head =
                pieces.stream().filter(piece -> piece.from() == 0).findFirst();
        head.ifPresent(piece -> {
            int bytes = piece.frame().length;
            arena = Arena.ofConfined();
            batch = new FrameBatch(1);
            batch.memory.wrap(arena.allocate(bytes, 8).address(), bytes);
            batch.memory.putBytes(0, piece.frame());
            add(piece, 0, bytes, piece.original(), nowNs);
            Decoder.decode(batch, 0, first);
            first.number = number;
            first.nowNs = nowNs;
            first.ordinary = false;
        });
        return head.map(piece -> batch);
    }

    /** Up to the first byte that a snap length cut out. */
    private int capturedOfWhole() {
        for (Piece piece : pieces) {
            if (piece.payloadCaptured() < piece.to - piece.from) {
                return headerOfWhole() + piece.from + piece.payloadCaptured();
            }
        }
        return headerOfWhole() + payloadBytes;
    }

    /** Bytes before the payload of the whole: an IPv6 fragment header is left out. */
    private int headerOfWhole() {
        Piece first = pieces.getFirst();
        return first.fragmentHeader() == 0 ? first.payloadAt() : first.fragmentHeader();
    }

    /**
     * Whether it leaves uncut: {@code ip6_output()} cuts what is longer than the longest fragment that came in, and the
     * whole has no fragment header. IPv4 is always cut again.
     */
    public boolean leavesWhole() {
        return pieces.getFirst().fragmentHeader() != 0 && packets[0].ipBytes <= longestPieceBytes();
    }

    /** Bytes of the longest fragment that came in, its IP header included. */
    public int longestPieceBytes() {
        return pieces.stream().mapToInt(Piece::ipBytes).max().orElseThrow();
    }

    /** {@code ip_frag_reasm}: it must not be cut smaller than it came if the longest fragment, or one as long, said so. */
    private boolean mayNotBeCut() {
        int longest = longestPieceBytes();
        return pieces.stream().anyMatch(piece -> piece.ipBytes() == longest && piece.hasDontFragment());
    }

    /** The memory of the whole and its pieces, ours to write to. */
    public FrameBatch batch() {
        return batch;
    }

    /** The datagram as one packet. */
    public Packet whole() {
        return packets[0];
    }

    /** Number of pieces; {@link #piece} gives them in order. */
    public int pieces() {
        return packets.length - 1;
    }

    public Packet piece(int index) {
        return packets[1 + index];
    }

    /** Where a piece's share of the IP payload begins, from its frame's start. */
    public int payloadAt(int index) {
        return pieces.get(index).payloadAt();
    }

    /** Where the same bytes stand in {@link #batch}'s memory as part of the whole. */
    public int payloadInWhole(int index) {
        return headerOfWhole() + pieces.get(index).from;
    }

    /** Bytes of payload of a piece that are there. */
    public int payloadCaptured(int index) {
        return pieces.get(index).payloadCaptured();
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
