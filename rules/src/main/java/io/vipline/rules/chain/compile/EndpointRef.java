package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.ServiceId;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.Arrays;

/** A (service, endpoint) pair, one object for each, with the leaves that lead to it. Equal only to itself. */
final class EndpointRef {
    /** Any endpoint, in what is evaluated once for many. */
    static final EndpointRef ANY = new EndpointRef(null, "");

    private static final Node.Leaf[] NONE = {};

    final IpPort endpoint;
    final String service;
    /** Null until a verdict names the endpoint. */
    ServiceId serviceId;

    int id = -1;
    private Node.Leaf[] leaves = NONE;

    EndpointRef(IpPort endpoint, String service) {
        this.endpoint = endpoint;
        this.service = service;
    }

    /** @return null if there is none yet */
    Node leaf(SourceTranslation source, boolean local, int[] recentSet) {
        for (Node.Leaf leaf : leaves) {
            Verdict.Dnat dnat = (Verdict.Dnat) leaf.verdict;
            if (dnat.local() == local && dnat.source().equals(source) && Arrays.equals(dnat.recentSet(), recentSet)) {
                return leaf;
            }
        }
        return null;
    }

    Node add(Verdict.Dnat verdict) {
        leaves = Arrays.copyOf(leaves, leaves.length + 1);
        leaves[leaves.length - 1] = new Node.Leaf(verdict);
        return leaves[leaves.length - 1];
    }
}
