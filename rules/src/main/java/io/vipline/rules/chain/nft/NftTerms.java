package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Match.RecentOperation;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;

/** Terms and targets that several rules of nftables mode use. */
final class NftTerms {
    static final Target MARK_FOR_MASQUERADE = new Target.Jump(NftChains.MARK_MASQ);
    static final Target DROP = new Target.Drop();
    static final Match FROM_LOCAL = new Match.AddressType(Match.Side.SOURCE, java.util.Set.of("LOCAL"), "", false);
    static final Match TO_LOCAL = new Match.AddressType(Match.Side.DESTINATION, java.util.Set.of("LOCAL"), "", false);

    private static final Target REJECT_V4 = new Target.Reject("icmp-port-unreachable", "");
    private static final Target REJECT_V6 = new Target.Reject("icmp6-port-unreachable", "");

    private NftTerms() {}

    /** nft's bare {@code reject}. */
    static Target reject(IpFamily family) {
        return family == IpFamily.IPV4 ? REJECT_V4 : REJECT_V6;
    }

    static Match comment(String text) {
        return new Match.Comment(text, true);
    }

    static Match to(IpAddress address) {
        return new Match.Destination(Cidr.host(address), "", false);
    }

    static Match protocol(Protocol protocol) {
        return new Match.Protocol(protocol.number(), protocol.text(), false);
    }

    static Match toPort(int port) {
        return new Match.DestinationPort(PortRange.single(port), false);
    }

    static Match from(Cidr cidr) {
        return new Match.Source(cidr, "", false);
    }

    static Match fromOutside(Cidr cidr) {
        return new Match.Source(cidr, "", true);
    }

    /** Whether the client stands in an endpoint's affinity set. */
    static Match affine(String set, int seconds) {
        return new Match.Recent(RecentOperation.RCHECK, set, seconds, true, "", false);
    }

    /** Enters the client into an endpoint's affinity set, or makes it new there. */
    static Match remember(String set) {
        return new Match.Recent(RecentOperation.SET, set, 0, false, "", false);
    }
}
