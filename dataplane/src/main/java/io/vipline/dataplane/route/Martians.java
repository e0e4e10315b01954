package io.vipline.dataplane.route;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Table;

/**
 * Addresses that no packet may come from or go to: {@code ip_route_input_slow} and {@code fib_validate_source} with {@code
 * rp_filter} off (RFC 1812 5.3.7), {@code ip6_rcv_core}, {@code ip6_forward}. Looked at once a connection: its packets all
 * have the same.
 *
 * <p>Where frames may have been seen as they left, the node's own addresses and those of the loopback are nothing strange.
 */
public final class Martians {
    private static final int LOOPBACK = IpAddress.of("127.0.0.1").v4();
    private static final long V6_LOOPBACK = 1;

    private final boolean seesOwn;
    private final boolean routesLoopback;

    /** @param seesOwn whether frames may be the node's own */
    public Martians(boolean seesOwn, Sysctls sysctls) {
        this.seesOwn = seesOwn;
        routesLoopback = sysctls.isOn(Sysctl.ROUTE_LOCALNET);
    }

    /**
     * Whether the packet's source is one.
     *
     * @param to where it goes once translated, IPv4
     * @param table knows the node's addresses
     */
    public boolean isSource(Packet packet, int to, Table table) {
        if (packet.family == Packet.IPV6) {
            boolean isLoopback = packet.sourceHigh == 0 && packet.sourceLow == V6_LOOPBACK;
            return packet.sourceHigh >>> 56 == 0xff || isLoopback && !seesOwn;
        }
        int source = (int) packet.sourceLow;
        if (source >>> 28 == 0xe || source == -1 || source == 0 && to != -1) {
            return true;
        }
        boolean isLoopback = source >>> 24 == 127;
        return !seesOwn
                && (isLoopback
                        ? !routesLoopback || source == LOOPBACK
                        : table.isLocal(packet.sourceHigh, packet.sourceLow));
    }

    /** Whether an address, which a packet of the family goes to once translated, is one. */
    public boolean isDestination(int family, long high, long low) {
        if (family == Packet.IPV6) {
            return high == 0 && low == V6_LOOPBACK && !seesOwn;
        }
        int destination = (int) low;
        return destination == 0 || destination >>> 24 == 127 && !seesOwn && !routesLoopback;
    }

    /** Whether the source, of IPv6, is no address at all: what comes from there must not leave its link. */
    public static boolean isUnspecified(Packet packet) {
        return packet.sourceHigh == 0 && packet.sourceLow == 0;
    }

    /** Whether the source, of IPv6, is an address of one link, beyond which it means nothing (RFC 4291 2.5.6). */
    public static boolean isOfLink(Packet packet) {
        return packet.sourceHigh >>> 54 == 0xfe80 >>> 6;
    }
}
