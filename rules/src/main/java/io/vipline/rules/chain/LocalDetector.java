package io.vipline.rules.chain;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import java.util.Optional;

/**
 * Terms that tell packets of local pods from others ({@code pkg/proxy/util/localdetector.go}).
 *
 * @param ifLocal holds for packets of local pods
 * @param ifNotLocal holds for all others
 */
public record LocalDetector(Match ifLocal, Match ifNotLocal) {
    /** Empty if nothing can tell them apart in this family. */
    public static Optional<LocalDetector> of(DetectLocal detect, IpFamily family) {
        return switch (detect) {
            case DetectLocal.None() -> Optional.empty();
            case DetectLocal.BySource source ->
                source.cidrs().stream()
                        .filter(cidr -> cidr.family() == family)
                        .findFirst()
                        .map(LocalDetector::bySource);
            case DetectLocal.ByInterface(String pattern) ->
                Optional.of(
                        new LocalDetector(new Match.InInterface(pattern, false), new Match.InInterface(pattern, true)));
        };
    }

    private static LocalDetector bySource(Cidr cidr) {
        String text = "-s " + cidr;
        return new LocalDetector(new Match.Source(cidr, text, false), new Match.Source(cidr, "! " + text, true));
    }
}
