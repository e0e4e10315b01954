package io.vipline.rules.chain.compile;

import io.vipline.rules.table.Verdict;

/**
 * Branches that each lead to one endpoint, and for packets that it sent itself perhaps to another verdict on it: what a
 * Service is where nothing remembers its clients. Says the same as the branches' nodes, without coming by them: among a
 * million endpoints every object on the way is a cache miss, and each waits for the one before.
 *
 * @param verdicts by branch
 * @param toItself by branch, for packets from the endpoint itself; null if those are like all others
 */
record EndpointEnds(Verdict.Dnat[] verdicts, Verdict.Dnat[] toItself) {
    /** @return null if a branch is something else */
    static EndpointEnds of(Node[] branches) {
        Verdict.Dnat[] verdicts = new Verdict.Dnat[branches.length];
        Verdict.Dnat[] toItself = new Verdict.Dnat[branches.length];
        boolean differs = false;
        for (int i = 0; i < branches.length; i++) {
            Node from = branches[i];
            if (branches[i] instanceof Node.SourceTest test) {
                from = test.otherwise;
                toItself[i] = dnat(test.then);
                differs = true;
                if (toItself[i] == null || test.low != toItself[i].low() || test.high != toItself[i].high()) {
                    return null;
                }
            }
            verdicts[i] = dnat(from);
            toItself[i] = toItself[i] == null ? verdicts[i] : toItself[i];
            boolean isOneEndpoint = verdicts[i] != null
                    && verdicts[i].low() == toItself[i].low()
                    && verdicts[i].high() == toItself[i].high();
            if (!isOneEndpoint) {
                return null;
            }
        }
        return new EndpointEnds(verdicts, differs ? toItself : null);
    }

    private static Verdict.Dnat dnat(Node node) {
        return node instanceof Node.Leaf leaf && leaf.verdict instanceof Verdict.Dnat dnat ? dnat : null;
    }
}
