package io.vipline.tools.verify;

import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Plays scripts in both worlds in step and compares what comes out. Free are the endpoint among several (it must be one
 * that the rules lead to and stay the same for a flow), the masquerade port, and what {@link Freedom} knows; all else must
 * be the same, to the byte. Used by one thread.
 */
final class Judge {
    /** Steps that wait for a timeout keep three times as far from its end. */
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final KernelNode kernel;
    private final EmulatedNode vipline;
    private final EpochNanoClock clock;
    private final boolean isNftables;
    private final List<Difference> differences = new ArrayList<>();
    private final Map<World, GivenOut> givenOut = new EnumMap<>(World.class);
    private long frames;
    private long forwarded;
    private long late;
    private long unprompted;

    /**
     * @param isNftables whether the rules are those of nftables mode: they let INVALID packets pass, untranslated, and
     *     draw the port of every masqueraded connection
     */
    Judge(KernelNode kernel, EmulatedNode vipline, EpochNanoClock clock, boolean isNftables) {
        this.isNftables = isNftables;
        this.kernel = kernel;
        this.vipline = vipline;
        this.clock = clock;
        for (World world : World.values()) {
            givenOut.put(world, new GivenOut());
        }
    }

    /** The clock by which steps are due, and which Vipline is told. */
    long nowNs() {
        return clock.nanoTime();
    }

    /** Packets sent so far; one that goes through both worlds counts once. */
    long frames() {
        return frames;
    }

    /** Packets that left the kernel so far. */
    long departed() {
        return forwarded;
    }

    /** What there is to say beside differences. */
    List<String> notes() {
        return late == 0
                ? List.of()
                : List.of(late + " conversations given up: the machine was busy when their next packet was due");
    }

    /** Packets that left the kernel without one that came then. */
    long unprompted() {
        return unprompted;
    }

    List<Difference> differences() {
        return differences;
    }

    /** Plays the next step of a script. @return false if the script cannot go on: the worlds went apart, or time did */
    boolean play(Script script) {
        Step step = script.take();
        Flow flow = step.flow();
        // once its connection may be gone, or where packets pass that belong to none, what an endpoint says goes to
        // whom the choice has made it believe in
        if ((script.mayHaveMoved() || isNftables) && flow.isMasqueradedInOne()) {
            return false;
        }
        Optional<Arrival> toVipline = step.in(World.VIPLINE);
        Optional<Arrival> toKernel = step.in(World.KERNEL);
        if (toVipline.isEmpty() || toKernel.isEmpty()) {
            return toVipline.isEmpty() == toKernel.isEmpty();
        }
        long nowNs = clock.nanoTime();
        if (isLate(script.lateNs(nowNs))) {
            return false;
        }
        IpPort viplineBefore = endpoint(flow, World.VIPLINE);
        IpPort kernelBefore = endpoint(flow, World.KERNEL);
        List<Departure> outVipline = vipline.pass(toVipline.get(), script.tags(), nowNs);
        List<Departure> outKernel = kernel.pass(toKernel.get(), outVipline.size());
        frames++;
        forwarded += outKernel.size();
        flow.learn(World.VIPLINE, toVipline.get(), outVipline);
        flow.learn(World.KERNEL, toKernel.get(), outKernel);
        boolean isOutOfTime = script.isTimed() && isLate(clock.nanoTime() - nowNs);
        boolean mayMove = script.mayHaveMoved();
        boolean hasMoved = !mayMove
                && (hasMoved(viplineBefore, endpoint(flow, World.VIPLINE))
                        || hasMoved(kernelBefore, endpoint(flow, World.KERNEL)));
        List<Departure> comparable = comparable(flow, outKernel, outVipline);
        Optional<String> difference = isOutOfTime
                ? Optional.empty()
                : hasMoved
                        ? Optional.of("the flow goes to another endpoint")
                        : compare(flow, comparable, outVipline, isAlike(flow, toKernel.get(), toVipline.get()));
        givenOut.get(World.VIPLINE).note(toVipline.get(), outVipline);
        givenOut.get(World.KERNEL).note(toKernel.get(), outKernel);
        difference.ifPresent(what -> differences.add(new Difference(
                script.name() + ", step " + script.position(),
                flow.toString(),
                what,
                script.history(),
                toKernel.get().packet(),
                comparable,
                outVipline,
                vipline.saidOfLast())));
        script.note(toKernel.get(), outKernel.size());
        script.played(nowNs);
        return difference.isEmpty() && !isOutOfTime;
    }

    /** Compares what left by itself, once everything that is still waited for is over. @param any a fragment, no matter of what */
    void compareLate(Arrival any) {
        vipline.pass(any, clock.nanoTime());
        List<Departure> fromKernel = kernel.late();
        unprompted += fromKernel.size();
        differences.addAll(LateAnswers.compare(fromKernel, vipline.late()));
    }

    /** Whether a step is played, or was under way, so long after it was due that nobody knows what to expect. */
    private boolean isLate(long byNs) {
        boolean isLate = byNs > PATIENCE_NS;
        late += isLate ? 1 : 0;
        return isLate;
    }

    private static IpPort endpoint(Flow flow, World world) {
        return flow.isKnown(world) ? flow.view(world).endpoint() : null;
    }

    private static boolean hasMoved(IpPort before, IpPort now) {
        return before != null && !before.equals(now);
    }

    /** The kernel's packets with what is free by design as Vipline has it. */
    private List<Departure> comparable(Flow flow, List<Departure> fromKernel, List<Departure> fromVipline) {
        Retargeting retargeting = Retargeting.of(flow);
        List<Departure> comparable = new ArrayList<>();
        for (int i = 0; i < fromKernel.size(); i++) {
            Departure departure = fromKernel.get(i);
            byte[] other = i < fromVipline.size() ? fromVipline.get(i).packet() : new byte[0];
            retargeting.comeTo(departure.packet());
            byte[] packet = retargeting.apply(departure.packet(), other);
            if (i < fromVipline.size()) {
                packet = Freedom.take(packet, other, vipline.isGenerated(i));
            }
            Side side = retargeting.isToEndpoint(departure.packet())
                            && departure.side() == flow.view(World.KERNEL).side()
                    ? flow.view(World.VIPLINE).side()
                    : departure.side();
            comparable.add(new Departure(side, packet));
        }
        return comparable;
    }

    /**
     * Whether both worlds were sent the same, but for their choices. An error that quotes so little of a packet that
     * nobody can tell whose it was differs by more: then only its fate can be compared.
     */
    private static boolean isAlike(Flow flow, Arrival toKernel, Arrival toVipline) {
        Retargeting retargeting = Retargeting.of(flow);
        byte[] kernel = toKernel.packet();
        byte[] vipline = toVipline.packet();
        return retargeting.isIdentity()
                || Arrays.equals(kernel, vipline)
                || sameButForZero(retargeting.apply(kernel, vipline), vipline);
    }

    private Optional<String> compare(
            Flow flow, List<Departure> fromKernel, List<Departure> fromVipline, boolean byBytes) {
        if (fromKernel.size() != fromVipline.size()) {
            return Optional.of(
                    "the kernel sends " + count(fromKernel.size()) + ", Vipline " + count(fromVipline.size()));
        }
        Optional<String> choice = choice(flow);
        if (choice.isPresent()) {
            return choice;
        }
        boolean isRetargeted = !Retargeting.of(flow).isIdentity();
        for (int i = 0; i < fromKernel.size() && byBytes; i++) {
            Departure one = fromKernel.get(i);
            Departure other = fromVipline.get(i);
            if (one.side() != other.side()) {
                return Optional.of("the links differ");
            }
            if (!Arrays.equals(one.packet(), other.packet())
                    && !(isRetargeted && sameButForZero(one.packet(), other.packet()))) {
                return Optional.of("the packets differ");
            }
        }
        return Optional.empty();
    }

    private static String count(int packets) {
        return packets == 0 ? "nothing" : packets == 1 ? "a packet" : packets + " packets";
    }

    /** A checksum that was made to fit another choice may be the other zero (RFC 1624 section 3). */
    private static boolean sameButForZero(byte[] one, byte[] other) {
        if (one.length != other.length) {
            return false;
        }
        for (int at = 0; at < one.length; at++) {
            if (one[at] == other[at]) {
                continue;
            }
            boolean isOtherZero = at + 1 < one.length
                    && one[at + 1] != other[at + 1]
                    && one[at] == one[at + 1]
                    && other[at] == other[at + 1]
                    && (one[at] == 0 && other[at] == -1 || one[at] == -1 && other[at] == 0);
            if (!isOtherZero) {
                return false;
            }
            at++;
        }
        return true;
    }

    /** Whether each world chose what it may. */
    private Optional<String> choice(Flow flow) {
        for (World world : World.values()) {
            Flow.View view = flow.view(world);
            if (view == null) {
                continue;
            }
            boolean isAllowed = flow.endpoints().isEmpty()
                    ? view.endpoint().equals(flow.service())
                    : flow.endpoints().contains(view.endpoint());
            if (!isAllowed) {
                return Optional.of(world + " sends to " + view.endpoint() + ", which is none of " + flow.endpoints());
            }
            IpPort bound = flow.sticksTo().map(to -> endpoint(to, world)).orElse(view.endpoint());
            if (!bound.equals(view.endpoint())) {
                return Optional.of(world + " forgets that the client was with " + bound);
            }
            if (hasOtherPortForNothing(flow, world)) {
                return Optional.of(world + " takes the client's port from it, which is free at " + view.endpoint());
            }
        }
        return sources(flow);
    }

    /** The client's port is kept if no connection has it already ({@code nf_nat_used_tuple}). */
    private boolean hasOtherPortForNothing(Flow flow, World world) {
        Flow.View view = flow.view(world);
        IpPort kept = new IpPort(view.source().address(), flow.client().port());
        return !isNftables
                && !view.source().equals(kept)
                && !givenOut.get(world).has(flow.protocol(), view.source(), view.endpoint())
                && !givenOut.get(world).has(flow.protocol(), kept, view.endpoint());
    }

    private static Optional<String> sources(Flow flow) {
        Flow.View kernel = flow.view(World.KERNEL);
        Flow.View vipline = flow.view(World.VIPLINE);
        // hairpin: masquerade depends on the choice
        boolean isComparable =
                kernel != null && vipline != null && kernel.endpoint().equals(vipline.endpoint());
        return isComparable
                        && !kernel.source().address().equals(vipline.source().address())
                ? Optional.of("the sources differ: " + kernel.source() + ", " + vipline.source())
                : Optional.empty();
    }
}
