package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Knowledge;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Question;
import io.vipline.rules.chain.Target;
import io.vipline.rules.table.ServiceId;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Evaluates the rules for one class of packets after another, as far as the class decides them (partial evaluation). A
 * chain is followed with every open question of a rule answered no; the ways that a yes opens are followed afterwards,
 * last one first, so that a way which comes back to a place finds what follows there already made.
 */
final class Evaluator {
    /**
     * How often a class may try each rule, on average, and how many tries it has anyhow. Where marks, draws and unknown
     * terms multiply beyond that, what is left counts as undecided.
     */
    private static final int MAX_TRIES_PER_RULE = 20;

    private static final int MIN_MAX_TRIES = 50_000;

    static final String FORKS_TOO_OFTEN = "the rules fork too often to follow every way";

    /** Keeping in mind what was settled makes ways differ: after this part of the tries they forget, to meet again. */
    private static final int TRIES_WITH_KNOWLEDGE = 20;

    private static final Set<String> LOCAL = Set.of("LOCAL");
    private static final String NO_NODE_ADDRESS =
            "whether the node has the destination is not known: --node-address tells which addresses the node has";

    private final IndexedRuleset rules;
    private final NodeNetwork network;
    private final SymbolicTerms terms;
    private final SymbolicAction action;
    private final NodeFactory nodes;
    private final Continuations continuations;
    /** Null if nobody will ask for them. */
    private final Translations translations;

    private final Map<Course.Place, Node> ahead = new HashMap<>();
    private final SpineFold fold;
    private final Predicate sourceLocal;
    private final Predicate destinationLocal;
    private final Predicate destinationOpen;
    private final ClassKeys keys;
    private long maxTries;
    private long tries;

    Evaluator(
            IndexedRuleset rules,
            NodeNetwork network,
            ClassKeys keys,
            RecentLists recentLists,
            NodeFactory nodes,
            Translations translations) {
        this.rules = rules;
        this.network = network;
        this.nodes = nodes;
        this.translations = translations;
        this.terms = new SymbolicTerms(network, keys.named(), recentLists);
        this.action = new SymbolicAction(rules, network, recentLists, nodes, this::fromBoundary);
        this.continuations = new Continuations(keys, network, nodes);
        this.sourceLocal = new Predicate.SourceLocal(network);
        this.destinationLocal = new Predicate.DestinationLocal(network);
        this.destinationOpen = new Predicate.DestinationMayHaveType(network, LOCAL);
        this.keys = keys;
        this.fold = new SpineFold(network, nodes, this::completed);
    }

    Node evaluate(PacketClass packetClass) {
        ahead.clear();
        nodes.nextClass();
        tries = 0;
        maxTries = MIN_MAX_TRIES + (long) MAX_TRIES_PER_RULE * rules.size();
        int markMask = keys.markMask;
        if (markMask == 0) {
            return evaluate(packetClass, -1, 0);
        }
        // one bit, as kube-proxy asks for: known either way. Else: known if none is set.
        Node unmarked = evaluate(packetClass, ~markMask, 0);
        Node marked = Integer.bitCount(markMask) == 1
                ? evaluate(packetClass, ~markMask, markMask)
                : evaluate(packetClass, -1, 0);
        return nodes.test(new Predicate.Mark(markMask, 0), unmarked, marked);
    }

    private Node evaluate(PacketClass packetClass, int keep, int xor) {
        Optional<Boolean> toNode = Optional.ofNullable(packetClass.host())
                .filter(host -> !network.mayBeLocal(host))
                .map(network::isLocal);
        Symbolic arriving = Symbolic.arriving(packetClass, toNode);
        arriving = arriving.withMarks(arriving.marks().set(~keep, xor));
        Node fromNode = fromBoundary(new Course(arriving.withFromNode(true), Hook.OUTPUT));
        Node fromElsewhere = fromBoundary(new Course(arriving.withFromNode(false), Hook.PREROUTING));
        return nodes.test(sourceLocal, fromNode, fromElsewhere);
    }

    /** What was evaluated before may not hold any more. */
    void rulesChanged() {
        continuations.forgetNamed();
        terms.askedPorts().clear();
    }

    void clearEntered() {
        action.nextClass();
        terms.askedPorts().clear();
    }

    /** {@link io.vipline.rules.net.TupleMap#portKey} of the ports that made a difference since, or may have. */
    Set<Integer> askedPorts() {
        Set<Integer> asked = new LinkedHashSet<>(terms.askedPorts());
        for (ChainIndex chain : action.entered()) {
            asked.addAll(chain.portKeys());
        }
        return asked;
    }

    /** From between two base chains on. */
    private Node fromBoundary(Course course) {
        if (course.packet.known() != Knowledge.NONE) {
            Set<Question> asked = rules.asked().from(course.hook, course.baseIndex);
            course.packet = course.packet.knowing(course.packet.known().about(asked));
        }
        Symbolic packet = course.packet;
        boolean toSomeEndpoint = packet.isTranslated() && packet.translation() != EndpointRef.ANY;
        if (toSomeEndpoint && translations != null) {
            translations.note(packet);
        }
        if (toSomeEndpoint && packet.isExact()) {
            return continuations.after(course, this::fromBoundary);
        }
        course.frame = null;
        course.rule = 0;
        Course.Place place = course.place();
        Node known = ahead.get(place);
        if (known != null) {
            return known;
        }
        Node node = nextBaseChain(course);
        ahead.put(place, node);
        return node;
    }

    private Node nextBaseChain(Course course) {
        while (true) {
            List<ChainIndex> chains = rules.baseChains(course.hook);
            if (course.baseIndex == chains.size()) {
                Node end = nextHook(course);
                if (end != null) {
                    return end;
                }
                continue;
            }
            ChainIndex chain = chains.get(course.baseIndex++);
            if (!chain.base.nat() || asksNat(course)) {
                action.begin(course, chain);
                return follow(course);
            }
        }
    }

    private static boolean asksNat(Course course) {
        Symbolic packet = course.packet;
        boolean mapped = course.mapsDestination() ? packet.isTranslated() : packet.source() != null;
        return packet.arrival().state() == CtState.NEW && !packet.untracked() && !course.looped && !mapped;
    }

    /** @return null if the way goes on, at the hook that the course has been moved to */
    private Node nextHook(Course course) {
        Symbolic packet = course.packet;
        boolean routes = course.hook == Hook.PREROUTING || course.hook == Hook.OUTPUT;
        if (routes && packet.toNode().isEmpty()) {
            Course elsewhere = new Course(course);
            course.packet = packet.withToNode(true);
            elsewhere.packet = packet.withToNode(false);
            return route(packet, fromBoundary(course), fromBoundary(elsewhere));
        }
        boolean toNode = packet.toNode().orElse(false);
        switch (course.hook) {
            case PREROUTING -> course.enter(toNode ? Hook.INPUT : Hook.FORWARD);
            case OUTPUT, FORWARD -> course.enter(Hook.POSTROUTING);
            case POSTROUTING -> {
                if (!toNode) {
                    return accepted(packet, false);
                }
                course.enter(Hook.PREROUTING);
                course.looped = true;
            }
            case INPUT -> {
                return accepted(packet, true);
            }
        }
        return null;
    }

    /** Where a packet goes whose class does not tell. Of endpoints it is taken for granted that they are elsewhere. */
    private Node route(Symbolic packet, Node toNode, Node elsewhere) {
        Node known = nodes.test(destinationLocal, toNode, elsewhere);
        if (network.isComplete(packet.arrival().family()) || packet.isTranslated()) {
            return known;
        }
        Node either = Undecided.between(toNode, elsewhere, NO_NODE_ADDRESS, nodes);
        return packet.host() == null ? nodes.test(destinationOpen, either, known) : either;
    }

    private Node accepted(Symbolic packet, boolean local) {
        SourceTranslation source = packet.source() == null ? SourceTranslation.NONE : packet.source();
        boolean toSomeEndpoint = packet.isTranslated() && packet.translation() != EndpointRef.ANY;
        return toSomeEndpoint ? nodes.dnat(packet, source, local) : nodes.leaf(new Verdict.Pass(source, local));
    }

    /** Follows a course with every open question answered no, then folds in the ways of a yes. */
    private Node follow(Course course) {
        List<SpineFold.Item> spine = new ArrayList<>();
        Node end = null;
        while (end == null) {
            if (course.frame == null) {
                end = fromBoundary(course);
                continue;
            }
            end = course.ahead();
            if (end == null) {
                IndexedRule next = course.frame.candidates.next(course.rule);
                end = next == null ? endOfChain(course) : tryRule(course, next, spine);
            }
        }
        return fold.fold(spine, end);
    }

    private Node endOfChain(Course course) {
        Course.Frame left = course.frame;
        course.frame = left.caller;
        course.rule = left.resumeAt;
        BaseChain base = course.base.base;
        return course.frame == null && !base.accepts()
                ? nodes.leaf(new Verdict.Drop(DropCause.POLICY, ServiceId.NONE, course.hook == Hook.PREROUTING))
                : null;
    }

    /** @return the rest of the way, if the rule decided it; null if the course goes on */
    private Node tryRule(Course course, IndexedRule rule, List<SpineFold.Item> spine) {
        if (++tries > maxTries) {
            return nodes.undecided(FORKS_TOO_OFTEN);
        }
        course.rule = rule.rank + 1;
        Symbolic packet = course.packet;
        if (!packet.isTranslated() && !packet.isExact() && rule.exact.isTriple()) {
            return null;
        }
        List<Term> open = List.of();
        for (Match match : rule.matches) {
            Term term = terms.ask(match, course);
            if (term instanceof Term.Fixed(boolean holds)) {
                if (!holds) {
                    return null;
                }
                continue;
            }
            open = open.isEmpty() ? new ArrayList<>(2) : open;
            open.add(term);
        }
        Target target = rule.rule.target();
        if (!course.isNat() && target instanceof Target.Opaque(String text, String because)) {
            open = open.isEmpty() ? new ArrayList<>(1) : open;
            open.add(new Term.Undecidable(text + ": " + because, null));
        }
        if (open.isEmpty()) {
            return action.act(course, rule);
        }
        if (!(target instanceof Target.Continue) && !(target instanceof Target.Ignored) || !rule.fills.isEmpty()) {
            spine.add(fork(course, rule, open));
        }
        return null;
    }

    private SpineFold.Item fork(Course course, IndexedRule rule, List<Term> open) {
        Course then = new Course(course);
        for (Term term : open) {
            then.packet = settled(term, true, then.packet);
        }
        if (open.size() == 1) {
            course.packet = settled(open.getFirst(), false, course.packet);
        }
        if (tries > maxTries / TRIES_WITH_KNOWLEDGE) {
            then.packet = then.packet.knowing(Knowledge.NONE);
            course.packet = course.packet.knowing(Knowledge.NONE);
        }
        return new SpineFold.Item(open, then, rule, course.join());
    }

    /** What is known of a packet beyond a term, as far as later rules may ask the same. */
    private Symbolic settled(Term term, boolean holds, Symbolic packet) {
        return switch (term) {
            case Term.AsksDestinationType(Set<String> types, boolean negated, String _)
            when types.equals(LOCAL) -> packet.withToNode(holds != negated);
            case Term.AsksHeader(Predicate.Header _, Match match, String _) -> settled(match, holds, packet);
            case Term.AsksInterface(InterfaceName _, Match match, String _) -> settled(match, holds, packet);
            case Term.Undecidable(String _, Match match) when match != null -> settled(match, holds, packet);
            default -> packet;
        };
    }

    private Symbolic settled(Match match, boolean holds, Symbolic packet) {
        Optional<Question> question = Question.of(match).filter(rules.asked()::isAskedAgain);
        return question.isEmpty()
                ? packet
                : packet.knowing(packet.known().with(question.get(), holds != Question.isNegated(match)));
    }

    /** The whole of the way that a rule's match opens. */
    private Node completed(SpineFold.Item item) {
        Node end = action.act(item.then(), item.rule());
        return end != null ? end : follow(item.then());
    }
}
