package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Target;

/** What is known of the packet's mark and its connection's. */
record SymbolicMarks(Bits ofPacket, Bits ofConnection) {
    /**
     * A mark, bit by bit.
     *
     * @param keep bits that are those of the packet's mark on arrival
     * @param xor what the bits, after {@code keep}, were flipped by
     * @param unknown bits that can't be told, 0 in {@code keep} and {@code xor}
     */
    record Bits(int keep, int xor, int unknown) {
        private static final Bits ARRIVING = new Bits(-1, 0, 0);
        private static final Bits ZERO = new Bits(0, 0, 0);
        private static final Bits UNKNOWN = new Bits(0, 0, -1);

        Bits set(int clear, int flip) {
            return flipped(clear, new Bits(0, flip, 0));
        }

        Bits masked(int mask) {
            return new Bits(keep & mask, xor & mask, unknown & mask);
        }

        /** {@code (this & ~clear) ^ by}. */
        Bits flipped(int clear, Bits by) {
            int open = unknown & ~clear | by.unknown;
            return new Bits((keep & ~clear ^ by.keep) & ~open, (xor & ~clear ^ by.xor) & ~open, open);
        }
    }

    private static final SymbolicMarks OF_NEW = new SymbolicMarks(Bits.ARRIVING, Bits.ZERO);
    private static final SymbolicMarks OF_OLD = new SymbolicMarks(Bits.ARRIVING, Bits.UNKNOWN);

    /** A connection that begins has mark 0; what an older one got is not known. */
    static SymbolicMarks arriving(CtState state) {
        return state == CtState.NEW ? OF_NEW : OF_OLD;
    }

    SymbolicMarks set(int clear, int flip) {
        return new SymbolicMarks(ofPacket.set(clear, flip), ofConnection);
    }

    /** {@code xt_connmark.c}. */
    SymbolicMarks act(Target.ConnectionMark target) {
        int packetMask = target.ofPacket();
        int connectionMask = target.ofConnection();
        return switch (target.operation()) {
            case SET -> new SymbolicMarks(ofPacket, ofConnection.set(connectionMask, packetMask));
            case SAVE -> new SymbolicMarks(ofPacket, ofConnection.flipped(connectionMask, ofPacket.masked(packetMask)));
            case RESTORE ->
                new SymbolicMarks(ofPacket.flipped(packetMask, ofConnection.masked(connectionMask)), ofConnection);
        };
    }
}
