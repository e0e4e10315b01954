package io.vipline.rules.chain;

import io.vipline.rules.model.Origin;
import java.util.List;

/**
 * One rule: if every match holds, the target acts.
 *
 * @param matches in the order in which they are written, which is also the order in which the printer gives them
 * @param origin the manifest's or dump's line that caused it
 * @param service the Service port it belongs to, as kube-proxy names it in comments ({@code ns/name:port}); empty if it
 *     belongs to none
 */
public record Rule(List<Match> matches, Target target, Origin origin, String service) {
    public Rule {
        matches = List.copyOf(matches);
    }

    /** Whether both do the same, wherever they were written. */
    public boolean isLike(Rule other) {
        return matches.equals(other.matches) && target.equals(other.target) && service.equals(other.service);
    }
}
