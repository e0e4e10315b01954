package io.vipline.tools.verify;

import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Plays scripts in both worlds in step and compares what comes out. Free are the endpoint among several (it must be one
 * that the rules lead to and stay the same for a flow), the masquerade port, and what {@link Freedom} knows; all else must
 * be the same, to the byte. Used by one thread.
 */
final class Judge {
    private final KernelNode kernel;
    private final EmulatedNode vipline;
    private final EpochNanoClock clock;
    private final boolean invalidPasses;
    private final List<Difference> differences = new ArrayList<>();
    private long frames;
    private long forwarded;

    /** @param invalidPasses whether the rules let INVALID packets pass, untranslated */
    Judge(KernelNode kernel, EmulatedNode vipline, EpochNanoClock clock, boolean invalidPasses) {
        this.invalidPasses = invalidPasses;
        this.kernel = kernel;
        this.vipline = vipline;
        this.clock = clock;
    }

    /** Packets sent so far; one that goes through both worlds counts once. */
    long frames() {
        return frames;
    }

    /** Packets that left the kernel so far. */
    long departed() {
        return forwarded;
    }

    List<Difference> differences() {
        return differences;
    }

    /** Plays the next step of a script. @return false if the script cannot go on: the worlds went apart */
    boolean play(Script script) {
        Step step = script.take();
        Flow flow = script.flow();
        // once its connection may be gone, or where packets pass that belong to none, what an endpoint says goes to
        // whom the choice has made it believe in
        if ((script.mayHaveMoved() || invalidPasses) && flow.isMasqueradedInOne()) {
            return false;
        }
        Optional<Arrival> toVipline = step.maker().in(World.VIPLINE);
        Optional<Arrival> toKernel = step.maker().in(World.KERNEL);
        if (toVipline.isEmpty() || toKernel.isEmpty()) {
            return toVipline.isEmpty() == toKernel.isEmpty();
        }
        long nowNs = clock.nanoTime();
        List<Departure> outVipline = vipline.pass(toVipline.get(), nowNs);
        List<Departure> outKernel = kernel.pass(toKernel.get(), outVipline.size());
        frames++;
        forwarded += outKernel.size();
        IpPort viplineBefore = endpoint(flow, World.VIPLINE);
        IpPort kernelBefore = endpoint(flow, World.KERNEL);
        flow.learn(World.VIPLINE, toVipline.get(), outVipline);
        flow.learn(World.KERNEL, toKernel.get(), outKernel);
        List<Departure> comparable = comparable(flow, outKernel, outVipline);
        boolean hasMoved = !script.mayHaveMoved()
                && (hasMoved(viplineBefore, endpoint(flow, World.VIPLINE))
                        || hasMoved(kernelBefore, endpoint(flow, World.KERNEL)));
        Optional<String> difference = hasMoved
                ? Optional.of("the flow goes to another endpoint")
                : compare(flow, comparable, outVipline, isAlike(flow, toKernel.get(), toVipline.get()));
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
        return difference.isEmpty();
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
    private static Optional<String> choice(Flow flow) {
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
        }
        return sources(flow);
    }

    private static Optional<String> sources(Flow flow) {
        Flow.View kernel = flow.view(World.KERNEL);
        Flow.View vipline = flow.view(World.VIPLINE);
        if (kernel == null || vipline == null) {
            return Optional.empty();
        }
        // hairpin: masquerade depends on the choice
        boolean isSameChoice = kernel.endpoint().equals(vipline.endpoint());
        IpPort one = kernel.source();
        IpPort other = vipline.source();
        if (isSameChoice && !one.address().equals(other.address())) {
            return Optional.of("the sources differ: " + one + ", " + other);
        }
        boolean isKept = one.port() == flow.client().port();
        boolean isAlsoKept = other.port() == flow.client().port();
        if (isSameChoice && flow.endpoints().size() <= 1 && isKept != isAlsoKept) {
            return Optional.of("one keeps the client's port, the other does not: " + one + ", " + other);
        }
        return Optional.empty();
    }
}
