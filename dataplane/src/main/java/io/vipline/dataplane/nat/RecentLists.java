package io.vipline.dataplane.nat;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The lists of the {@code recent} match ({@code net/netfilter/xt_recent.c}), by which kube-proxy keeps a client with an
 * endpoint: source addresses with the instant at which each was last seen. A list holds {@link #CAPACITY} addresses
 * ({@code ip_list_tot}); one more takes the place of the one that was seen longest ago. Owned by one thread.
 */
public final class RecentLists {
    public static final int CAPACITY = 100;

    private Entries[] lists;

    public RecentLists(int count) {
        lists = new Entries[count];
    }

    /** Makes room for as many lists; those that are there stay. */
    public void cover(int count) {
        if (count > lists.length) {
            lists = Arrays.copyOf(lists, count);
        }
    }

    /**
     * {@code --rcheck}.
     *
     * @param seconds an address that was last seen longer ago does not count; 0: any age does
     * @param reap whether the address seen longest ago goes if it is older than {@code seconds}
     */
    public boolean isRecent(int list, long high, long low, int seconds, boolean reap, long nowNs) {
        Entries entries = lists[list];
        if (entries == null) {
            return false;
        }
        long oldestNs = seconds == 0 ? Long.MIN_VALUE : nowNs - TimeUnit.SECONDS.toNanos(seconds);
        int at = entries.find(high, low);
        boolean recent = at >= 0 && entries.seenNs[at] >= oldestNs;
        if (reap) {
            entries.reap(oldestNs);
        }
        return recent;
    }

    /** {@code --set}: takes the address in, or renews its instant. */
    public void set(int list, long high, long low, long nowNs) {
        Entries entries = lists[list];
        if (entries == null) {
            entries = lists[list] = new Entries();
        }
        entries.set(high, low, nowNs);
    }

    private static final class Entries {
        private long[] high = new long[4];
        private long[] low = new long[4];
        private long[] seenNs = new long[4];
        private int count;

        int find(long wantedHigh, long wantedLow) {
            for (int i = 0; i < count; i++) {
                if (low[i] == wantedLow && high[i] == wantedHigh) {
                    return i;
                }
            }
            return -1;
        }

        private int oldest() {
            int oldest = 0;
            for (int i = 1; i < count; i++) {
                if (seenNs[i] < seenNs[oldest]) {
                    oldest = i;
                }
            }
            return oldest;
        }

        void reap(long oldestNs) {
            if (count == 0) {
                return;
            }
            int oldest = oldest();
            if (seenNs[oldest] < oldestNs) {
                count--;
                high[oldest] = high[count];
                low[oldest] = low[count];
                seenNs[oldest] = seenNs[count];
            }
        }

        void set(long newHigh, long newLow, long nowNs) {
            int at = find(newHigh, newLow);
            if (at < 0) {
                at = count < CAPACITY ? count++ : oldest();
            }
            if (at == high.length) {
                int more = Math.min(CAPACITY, 2 * at);
                high = Arrays.copyOf(high, more);
                low = Arrays.copyOf(low, more);
                seenNs = Arrays.copyOf(seenNs, more);
            }
            high[at] = newHigh;
            low[at] = newLow;
            seenNs[at] = nowNs;
        }
    }
}
