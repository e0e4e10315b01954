package io.vipline.rules.table;

/**
 * What a lookup asks of the data path, which owns randomness, time and session affinity. Called on the thread that
 * called {@link Table#lookup}; allocates nothing.
 */
public interface FlowState {
    /**
     * A uniform 32-bit draw for this packet: a function of seed, tuple and {@code salt}, never of arrival order.
     *
     * @param salt tells the draws of one lookup apart
     */
    int draw(PacketKey key, int salt);

    /**
     * Whether the packet's source stands in a list of the {@code recent} match.
     *
     * @param list index of the list, from 0 to {@link Table#recentLists()} - 1
     * @param seconds an entry older than this does not count; 0: any age
     * @param reap whether entries older than {@code seconds} are dropped from the list by this check
     */
    boolean isRecent(PacketKey key, int list, int seconds, boolean reap);
}
