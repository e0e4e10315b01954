package io.vipline.rules.chain.compile;

import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.Arrays;

/** A node of a decision graph: immutable, shared where equal, equal only to itself. */
abstract sealed class Node {
    /** Whether a {@link Verdict.Dnat} can be reached. */
    final boolean translates;

    /** Whether every verdict that can be reached is a {@link Verdict.Pass} that leaves the source alone. */
    final boolean onlyPasses;

    /** How many walks from here on a lookup may make: more than one only where something is unknown. */
    final int walks;

    private Node(boolean translates, boolean onlyPasses, int walks) {
        this.translates = translates;
        this.onlyPasses = onlyPasses;
        this.walks = walks;
    }

    /** The end. */
    static final class Leaf extends Node {
        final Verdict verdict;

        Leaf(Verdict verdict) {
            super(
                    verdict instanceof Verdict.Dnat,
                    verdict instanceof Verdict.Pass pass && pass.source() instanceof SourceTranslation.None,
                    1);
            this.verdict = verdict;
        }

        /** Whether it depends on the packet where this leads: a translation that keeps the address or the port. */
        boolean keepsPart() {
            return verdict instanceof Verdict.Dnat dnat && (dnat.port() == 0 || keepsAddress(dnat));
        }
    }

    /** A question with two answers. */
    static final class Test extends Node {
        final Predicate predicate;
        final Node then;
        final Node otherwise;

        Test(Predicate predicate, Node then, Node otherwise) {
            super(
                    then.translates || otherwise.translates,
                    then.onlyPasses && otherwise.onlyPasses,
                    Math.max(then.walks, otherwise.walks));
            this.predicate = predicate;
            this.then = then;
            this.otherwise = otherwise;
        }
    }

    /** {@link Predicate.SourceIs} in one object with its answers: there is one for every endpoint. */
    static final class SourceTest extends Node {
        final long high;
        final long low;
        final Node then;
        final Node otherwise;

        SourceTest(Predicate.SourceIs source, Node then, Node otherwise) {
            super(
                    then.translates || otherwise.translates,
                    then.onlyPasses && otherwise.onlyPasses,
                    Math.max(then.walks, otherwise.walks));
            this.high = source.high();
            this.low = source.low();
            this.then = then;
            this.otherwise = otherwise;
        }

        Predicate.SourceIs predicate() {
            return new Predicate.SourceIs(high, low);
        }

        Node next(PacketKey key) {
            return key.sourceLow == low && key.sourceHigh == high ? then : otherwise;
        }
    }

    /** A question about an interface, whose name may not be known: then it is as if a term could not be decided. */
    static final class InterfaceTest extends Node {
        final InterfaceName name;
        final Node then;
        final Node otherwise;
        final Node unknown;

        InterfaceTest(InterfaceName name, Node then, Node otherwise, Node unknown) {
            super(
                    then.translates || otherwise.translates || unknown.translates,
                    then.onlyPasses && otherwise.onlyPasses && unknown.onlyPasses,
                    Math.max(unknown.walks, Math.max(then.walks, otherwise.walks)));
            this.name = name;
            this.then = then;
            this.otherwise = otherwise;
            this.unknown = unknown;
        }

        Node next(PacketKey key) {
            String actual = name.of(key);
            return actual == null ? unknown : name.matches(actual) ? then : otherwise;
        }
    }

    /** One draw among branches. */
    static final class Choice extends Node {
        /**
         * Upper bounds of the branches' shares of 2^32, ascending, unsigned, the last branch's left out; null if all
         * shares are equal.
         */
        final int[] bounds;

        final Node[] branches;

        /** What the branches come to, if {@link EndpointEnds} can tell; else null. */
        private final Verdict.Dnat[] verdicts;

        private final Verdict.Dnat[] toItself;

        Choice(int[] bounds, Node[] branches) {
            super(anyTranslates(branches), allPass(branches), mostWalks(branches));
            this.bounds = bounds;
            this.branches = branches;
            EndpointEnds ends = EndpointEnds.of(branches);
            verdicts = ends == null ? null : ends.verdicts();
            toItself = ends == null ? null : ends.toItself();
        }

        /** The verdict of a branch, where {@link #verdicts} are known. */
        private Verdict verdict(int branch, PacketKey key) {
            Verdict.Dnat verdict = verdicts[branch];
            boolean isFromItself =
                    toItself != null && verdict.low() == key.sourceLow && verdict.high() == key.sourceHigh;
            return isFromItself ? toItself[branch] : verdict;
        }

        private int drawn(int draw) {
            if (bounds == null) {
                return (int) ((draw & 0xffff_ffffL) * branches.length >>> 32);
            }
            int low = 0;
            int high = bounds.length;
            while (low < high) {
                int middle = low + high >>> 1;
                if (Integer.compareUnsigned(draw, bounds[middle]) < 0) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }

        /** Share of a branch, 0 to 1. */
        double probability(int branch) {
            if (bounds == null) {
                return 1.0 / branches.length;
            }
            double from = branch == 0 ? 0 : bounds[branch - 1] & 0xffff_ffffL;
            double to = branch == bounds.length ? 0x1p32 : bounds[branch] & 0xffff_ffffL;
            return (to - from) / 0x1p32;
        }
    }

    /** Lists of the {@code recent} match, asked one after another; the first that holds the source decides. */
    static final class RecentRun extends Node {
        final int[] lists;
        final int[] seconds;
        final boolean[] reap;
        final Node[] branches;
        final Node otherwise;

        RecentRun(int[] lists, int[] seconds, boolean[] reap, Node[] branches, Node otherwise) {
            super(
                    otherwise.translates || anyTranslates(branches),
                    otherwise.onlyPasses && allPass(branches),
                    Math.max(otherwise.walks, mostWalks(branches)));
            this.lists = lists;
            this.seconds = seconds;
            this.reap = reap;
            this.branches = branches;
            this.otherwise = otherwise;
        }

        Node next(PacketKey key, FlowState state) {
            for (int i = 0; i < lists.length; i++) {
                if (state.isRecent(key, lists[i], seconds[i], reap[i])) {
                    return branches[i];
                }
            }
            return otherwise;
        }
    }

    /** Two ways, of which nobody can tell which is taken: decided if both come to the same verdict. */
    static final class Either extends Node {
        final Node one;
        final Node other;
        final Verdict undecided;

        Either(Node one, Node other, Verdict undecided) {
            super(one.translates || other.translates, false, one.walks + other.walks);
            this.one = one;
            this.other = other;
            this.undecided = undecided;
        }

        private Verdict decide(PacketKey key, FlowState state, int draws) {
            Verdict first = one.decide(key, state, draws);
            if (first instanceof Verdict.Undecided) {
                return first;
            }
            Verdict second = other.decide(key, state, draws);
            if (first instanceof Verdict.Drop a && second instanceof Verdict.Drop b && a.isAs(b)) {
                return a.onArrival() ? second : first;
            }
            return first == second
                            || first instanceof Verdict.Dnat a && second instanceof Verdict.Dnat b && same(a, b, key)
                    ? first
                    : undecided;
        }

        /** Whether two translations do the same to this packet: one may keep the port that the other names. */
        private static boolean same(Verdict.Dnat one, Verdict.Dnat other, PacketKey key) {
            return high(one, key) == high(other, key)
                    && low(one, key) == low(other, key)
                    && port(one, key) == port(other, key)
                    && one.local() == other.local()
                    && one.service().equals(other.service())
                    && one.source().equals(other.source())
                    && Arrays.equals(one.recentSet(), other.recentSet());
        }

        private static long high(Verdict.Dnat dnat, PacketKey key) {
            return keepsAddress(dnat) ? key.destinationHigh : dnat.high();
        }

        private static long low(Verdict.Dnat dnat, PacketKey key) {
            return keepsAddress(dnat) ? key.destinationLow : dnat.low();
        }

        private static int port(Verdict.Dnat dnat, PacketKey key) {
            return dnat.port() == 0 ? key.destinationPort : dnat.port();
        }
    }

    /** Walks from here to a verdict. Allocates nothing. */
    final Verdict decide(PacketKey key, FlowState state) {
        return decide(key, state, 0);
    }

    private Verdict decide(PacketKey key, FlowState state, int earlierDraws) {
        Node node = this;
        int draws = earlierDraws;
        while (true) {
            if (node instanceof Test test) {
                node = test.predicate.test(key) ? test.then : test.otherwise;
            } else if (node instanceof Leaf leaf) {
                return leaf.verdict;
            } else if (node instanceof SourceTest test) {
                node = test.next(key);
            } else if (node instanceof Choice choice) {
                int branch = choice.drawn(state.draw(key, draws++));
                if (choice.verdicts != null) {
                    return choice.verdict(branch, key);
                }
                node = choice.branches[branch];
            } else if (node instanceof RecentRun run) {
                node = run.next(key, state);
            } else if (node instanceof InterfaceTest test) {
                node = test.next(key);
            } else {
                return ((Either) node).decide(key, state, draws);
            }
        }
    }

    private static boolean keepsAddress(Verdict.Dnat dnat) {
        return dnat.low() == Symbolic.UNCHANGED.low() && dnat.high() == Symbolic.UNCHANGED.high();
    }

    private static boolean anyTranslates(Node[] nodes) {
        for (Node node : nodes) {
            if (node.translates) {
                return true;
            }
        }
        return false;
    }

    private static int mostWalks(Node[] nodes) {
        int most = 1;
        for (Node node : nodes) {
            most = Math.max(most, node.walks);
        }
        return most;
    }

    private static boolean allPass(Node[] nodes) {
        for (Node node : nodes) {
            if (!node.onlyPasses) {
                return false;
            }
        }
        return true;
    }
}
