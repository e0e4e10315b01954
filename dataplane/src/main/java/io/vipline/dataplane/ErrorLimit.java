package io.vipline.dataplane;

import io.vipline.dataplane.wire.Packet;

/** Says whether a node may send an error now. Asked once for each that there is cause for, in the order of the frames. */
public interface ErrorLimit {
    /** @param about the packet that the error is about, decoded, with its number and its clock */
    boolean allows(Packet about);
}
