package io.vipline.rules.proof;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.policy.ProxyConfig.Mode;
import java.util.ArrayList;
import java.util.List;

/** A node and its kube-proxy's configuration. */
final class RandomNode {
    static final String NAME = "node-1";
    static final String ZONE = "zone-a";
    static final String OUTSIDE = "ext0";
    static final String POD_SIDE = "pods0";

    private final Draws draws;
    private final AddressPlan plan;
    private final Mode mode;

    RandomNode(Draws draws, AddressPlan plan, Mode mode) {
        this.draws = draws;
        this.plan = plan;
        this.mode = mode;
    }

    ProxyConfig config() {
        boolean nftables = mode == Mode.NFTABLES;
        return new ProxyConfig(
                mode,
                NAME,
                draws.oneIn(5) ? "" : ZONE,
                List.of(plan.at(AddressPlan.NODE), plan.other().at(AddressPlan.NODE)),
                localAddresses(plan),
                detectLocal(),
                draws.oneIn(6),
                draws.any(14, 14, 0, 20, 31),
                nodePortAddresses(nftables),
                !nftables && !draws.oneIn(3),
                nftables || draws.oneIn(4),
                false,
                draws.oneIn(4),
                nftables ? serviceRanges() : List.of());
    }

    static List<LocalAddress> localAddresses(AddressPlan plan) {
        List<LocalAddress> addresses = new ArrayList<>();
        addresses.add(new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8));
        addresses.add(new LocalAddress("lo", IpAddress.of("::1"), 128));
        int bits = plan.family() == IpFamily.IPV4 ? 0 : 96;
        addresses.add(new LocalAddress(OUTSIDE, plan.at(AddressPlan.NODE), bits + 24));
        addresses.add(new LocalAddress(OUTSIDE, plan.at(AddressPlan.SECOND), bits + 24));
        addresses.add(new LocalAddress(POD_SIDE, plan.at(AddressPlan.BRIDGE), bits + 24));
        return addresses;
    }

    private DetectLocal detectLocal() {
        return switch (draws.upTo(8)) {
            case 0 -> new DetectLocal.None();
            case 1 -> new DetectLocal.BySource(List.of(plan.range(AddressPlan.LOCAL_PODS)));
            case 2 -> new DetectLocal.BySource(List.of(plan.other().range(AddressPlan.PODS)));
            case 3 -> new DetectLocal.ByInterface(POD_SIDE);
            case 4 -> new DetectLocal.ByInterface("po+");
            default ->
                new DetectLocal.BySource(List.of(plan.other().range(AddressPlan.PODS), plan.range(AddressPlan.PODS)));
        };
    }

    private List<Cidr> nodePortAddresses(boolean nftables) {
        List<String> ranges = switch (draws.upTo(nftables ? 5 : 8)) {
            case 0 -> List.of(AddressPlan.NODE_NETWORK);
            case 1 -> List.of("192.168.0.0/16", "127.0.0.0/8");
            case 2 -> List.of("0.0.0.0/0", "10.99.0.0/16");
            case 3 -> List.of("10.99.0.0/16");
            case 4, 5 -> List.of(AddressPlan.NODE + "/32");
            case 6 -> List.of("127.0.0.1/32");
            default -> List.of();
        };
        List<Cidr> written = new ArrayList<>();
        ranges.forEach(range -> written.add(plan.range(range)));
        if (draws.oneIn(4)) {
            written.add(plan.other().range("10.1.0.0/16"));
        }
        return written;
    }

    private List<Cidr> serviceRanges() {
        return draws.oneIn(4)
                ? List.of()
                : List.of(
                        plan.range(AddressPlan.SERVICES),
                        plan.range("172.31.0.0/24"),
                        plan.other().range("10.3.0.0/16"));
    }
}
