package io.vipline.dataplane.route;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Longest prefix match over routes: a hash table for each prefix length that occurs, the longest asked first, so that ten
 * thousand host routes cost what one does. Immutable; lookups make no objects.
 */
public final class RouteTable {
    public static final int NONE = -1;

    private final List<Route> routes;
    private final Level[] v4;
    private final Level[] v6;

    /** Of two routes to the same network the first counts. */
    public RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
        v4 = levels(IpFamily.IPV4);
        v6 = levels(IpFamily.IPV6);
    }

    /** The routes that an interface's own addresses make, then those that were given. */
    public static RouteTable of(InterfaceTable interfaces, List<Route> given) {
        List<Route> all = new ArrayList<>();
        for (int i = 0; i < interfaces.size(); i++) {
            for (InterfaceTable.InterfaceAddress own : interfaces.get(i).addresses()) {
                Cidr connected = new Cidr(own.address(), own.prefixLength());
                all.add(new Route(connected, i, Optional.empty()));
            }
        }
        all.addAll(given);
        return new RouteTable(all);
    }

    private Level[] levels(IpFamily family) {
        TreeSet<Integer> lengths = new TreeSet<>(Comparator.reverseOrder());
        for (Route route : routes) {
            if (route.destination().family() == family) {
                lengths.add(route.destination().prefixLength());
            }
        }
        return lengths.stream().map(length -> new Level(family, length)).toArray(Level[]::new);
    }

    /**
     * The route to an address, given by halves as in {@link IpAddress}.
     *
     * @return its place in {@link #get}; {@link #NONE} if no route leads there
     */
    public int find(long high, long low) {
        Level[] levels = IpAddress.isV4(high, low) ? v4 : v6;
        for (Level level : levels) {
            int route = level.find(high, low);
            if (route != NONE) {
                return route;
            }
        }
        return NONE;
    }

    public Route get(int route) {
        return routes.get(route);
    }

    public List<Route> all() {
        return routes;
    }

    /** The routes of one family with one prefix length, in an open-addressing table. */
    private final class Level {
        private final long highMask;
        private final long lowMask;
        private final long[] highs;
        private final long[] lows;
        private final int[] values;
        private final int mask;

        Level(IpFamily family, int prefixLength) {
            int full = family == IpFamily.IPV4 ? prefixLength + 96 : prefixLength;
            highMask = full >= 64 ? -1L : full == 0 ? 0 : -1L << (64 - full);
            lowMask = full <= 64 ? 0 : full >= 128 ? -1L : -1L << (128 - full);
            int capacity = Integer.highestOneBit(Math.max(2, routes.size())) << 2;
            mask = capacity - 1;
            highs = new long[capacity];
            lows = new long[capacity];
            values = new int[capacity];
            Arrays.fill(values, NONE);
            for (int i = 0; i < routes.size(); i++) {
                Cidr destination = routes.get(i).destination();
                if (destination.family() == family && destination.prefixLength() == prefixLength) {
                    put(destination.address().high(), destination.address().low(), i);
                }
            }
        }

        private void put(long high, long low, int route) {
            int at = slot(high, low);
            if (values[at] == NONE) {
                highs[at] = high;
                lows[at] = low;
                values[at] = route;
            }
        }

        private int find(long high, long low) {
            return values[slot(high & highMask, low & lowMask)];
        }

        private int slot(long high, long low) {
            long hash = (high * 0x9e37_79b9_7f4a_7c15L + low) * 0x9e37_79b9_7f4a_7c15L;
            int at = (int) (hash >>> 32) & mask;
            while (values[at] != NONE && (lows[at] != low || highs[at] != high)) {
                at = (at + 1) & mask;
            }
            return at;
        }
    }
}
