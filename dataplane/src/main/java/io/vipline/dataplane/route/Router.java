package io.vipline.dataplane.route;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Packet;

/** The link layer's part in forwarding: what is taken from the wire, and which way it leaves. */
public interface Router {
    /** What becomes of a finished frame. */
    enum Way {
        /** It is sent: link header and interface are set. */
        SEND,
        /** The router has a copy, which leaves once the next hop is known. It counts as forwarded. */
        HELD,
        /** It ends here, and the router has counted it. */
        ENDED,
        /** It ends here, and the router has counted it; what now stands in its place is sent. */
        ANSWER
    }

    /**
     * Looks at a frame on arrival.
     *
     * @return whether it is to be processed; false: it was for the router itself or for nobody here, and is counted
     */
    boolean arrive(FrameBatch batch, Packet packet);

    /**
     * Chooses the way out for a finished frame.
     *
     * @param record where its {@link io.vipline.dataplane.frame.FinishedFrame} record begins, complete
     * @param packet the packet that it came from: headers begin where they did
     */
    Way leave(NativeMemory memory, int record, Packet packet);

    /** Whether frames may be the node's own, seen as they left; false: all come from other machines. */
    boolean seesOwn();

    /** Of {@link #linkTo}: none leads there, or packets leave where they came from. */
    int UNKNOWN_LINK = -1;

    /** Index of the interface by which packets to an address leave. */
    int linkTo(long high, long low);

    /** MTU of the link by which packets to an address leave; the most there is if none does, or nobody knows. */
    int mtuBytes(long high, long low);

    /** The least MTU of all links. */
    int leastMtuBytes();

    /** For captures: every frame is processed, leaves where it came from, and keeps its link header. */
    Router TRANSPARENT = new Router() {
        @Override
        public boolean arrive(FrameBatch batch, Packet packet) {
            return true;
        }

        @Override
        public Way leave(NativeMemory memory, int record, Packet packet) {
            return Way.SEND;
        }

        @Override
        public boolean seesOwn() {
            return true;
        }

        @Override
        public int linkTo(long high, long low) {
            return UNKNOWN_LINK;
        }

        @Override
        public int mtuBytes(long high, long low) {
            return Integer.MAX_VALUE;
        }

        @Override
        public int leastMtuBytes() {
            return Integer.MAX_VALUE;
        }
    };
}
