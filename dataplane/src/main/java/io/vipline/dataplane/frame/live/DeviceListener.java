package io.vipline.dataplane.frame.live;

/** Told on the thread that noticed it: the receiving one and the sending one may each do so, once. */
@FunctionalInterface
public interface DeviceListener {
    /** A device is gone (its interface was removed, for one) and will not be used any more; the others go on. */
    void deviceLost(LiveDevice device, SystemCallException cause);
}
