package io.vipline.tools.verify;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Stories in which time passes: a connection comes to a state and is left alone for a little less than its timeout, or for
 * a little more, and what comes then tells whether it is still known. The kernel counts in ticks of some milliseconds and
 * timeouts in whole seconds, so a packet is never sent near to a whole second after another one.
 */
final class TimedStories {
    /** Two pauses add up to something that is as far from a whole second as each. */
    private static final long ODD_NS = TimeUnit.MILLISECONDS.toNanos(350);

    private static final byte[] NOTHING = {};

    /** A state, how to come there, and which timeouts hold then, the shortest of them. */
    private record Idle(String state, Consumer<TcpSpeech> way, Sysctl... timeouts) {
        long seconds(Sysctls sysctls) {
            long shortest = Long.MAX_VALUE;
            for (Sysctl timeout : timeouts) {
                shortest = Math.min(shortest, sysctls.get(timeout));
            }
            return shortest;
        }
    }

    private static final List<Idle> TCP = List.of(
            // nobody has told of a window yet, which counts as a closed one
            new Idle("SYN sent", TcpSpeech::syn, Sysctl.TCP_TIMEOUT_SYN_SENT, Sysctl.TCP_TIMEOUT_MAX_RETRANS),
            new Idle(
                    "SYN received",
                    speech -> speech.syn().synAck(),
                    Sysctl.TCP_TIMEOUT_SYN_RECV,
                    Sysctl.TCP_TIMEOUT_MAX_RETRANS),
            new Idle("established", TcpSpeech::open, Sysctl.TCP_TIMEOUT_ESTABLISHED),
            new Idle(
                    "something not acknowledged",
                    speech -> speech.open().sayToServer(),
                    Sysctl.TCP_TIMEOUT_ESTABLISHED,
                    Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED),
            new Idle(
                    "said again and again",
                    speech -> speech.open().sayToServerTimes(5),
                    Sysctl.TCP_TIMEOUT_ESTABLISHED,
                    Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED,
                    Sysctl.TCP_TIMEOUT_MAX_RETRANS),
            new Idle(
                    "picked up under way, no answer yet",
                    TcpSpeech::sayToServer,
                    Sysctl.TCP_TIMEOUT_ESTABLISHED,
                    Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED,
                    // where what it acknowledges is out of the other side's window, of which nothing is known
                    Sysctl.TCP_TIMEOUT_MAX_RETRANS),
            new Idle(
                    "one side has closed",
                    speech -> speech.open().finFromClient(),
                    Sysctl.TCP_TIMEOUT_FIN_WAIT,
                    Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED),
            new Idle(
                    "one side has closed and the other knows",
                    speech -> speech.open().finFromServer().ackFromClient(),
                    Sysctl.TCP_TIMEOUT_CLOSE_WAIT),
            new Idle(
                    "the last ACK is missing",
                    speech -> speech.open().finFromClient().ackFromServer().finFromServer(),
                    Sysctl.TCP_TIMEOUT_LAST_ACK,
                    Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED),
            new Idle(
                    "closed by both",
                    speech -> speech.open()
                            .finFromClient()
                            .ackFromServer()
                            .finFromServer()
                            .ackFromClient(),
                    Sysctl.TCP_TIMEOUT_TIME_WAIT),
            new Idle("reset by the client", speech -> speech.open().client(Transport.RST), Sysctl.TCP_TIMEOUT_CLOSE),
            new Idle("reset by the server", speech -> speech.open().server(Transport.RST), Sysctl.TCP_TIMEOUT_CLOSE));

    private final Sysctls sysctls;
    private final Dice dice;

    TimedStories(Sysctls sysctls, Dice dice) {
        this.sysctls = sysctls;
        this.dice = dice;
    }

    /** @return whether the timeout is over by then */
    private boolean pauseAround(Script script, long timeoutSeconds) {
        boolean isOver = dice.oneIn(2);
        pause(script, isOver ? timeoutSeconds : timeoutSeconds - 1);
        if (isOver) {
            script.mayMove();
        }
        return isOver;
    }

    private static void pause(Script script, long seconds) {
        script.pause(TimeUnit.SECONDS.toNanos(seconds) + ODD_NS);
    }

    Script tcp(Flow flow) {
        Idle idle = dice.oneOf(TCP);
        Script script = new Script("TCP left alone: " + idle.state(), flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        idle.way().accept(speech);
        boolean isOver = pauseAround(script, idle.seconds(sysctls));
        switch (dice.below(5)) {
            case 0 -> speech.sayToClient().ackFromClient();
            case 1 -> speech.sayToServer().ackFromServer();
            case 2 -> speech.synAck();
            case 3 -> script.errorToClient(dice.header(), unreachable(flow), Optional.empty(), 1 << 16);
            default -> speech.ackFromServer().ackFromClient();
        }
        if (isOver && dice.oneIn(2)) {
            new TcpSpeech(script, dice).open().talk(1);
        }
        return script;
    }

    /** A SYN that is repeated does not live longer ({@code conntrack_tcp_unreplied.sh}). */
    Script synRepeated(Flow flow) {
        Script script = new Script("TCP SYN said again", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.synAgain();
        pause(script, 1);
        speech.synAgain();
        long seconds = sysctls.get(Sysctl.TCP_TIMEOUT_SYN_SENT) - dice.between(1, 2);
        pause(script, Math.max(0, seconds));
        script.mayMove();
        speech.countSyn();
        speech.synAck();
        return script;
    }

    /** Unanswered, answered, and answered for so long that it is a stream. */
    Script udp(Flow flow) {
        Script script = new Script("UDP left alone", flow);
        say(script);
        boolean isStream = dice.oneIn(2);
        if (isStream) {
            hear(script);
            pause(script, 2);
            say(script);
        } else if (dice.oneIn(2)) {
            hear(script);
        }
        pauseAround(script, sysctls.get(isStream ? Sysctl.UDP_TIMEOUT_STREAM : Sysctl.UDP_TIMEOUT));
        switch (dice.below(3)) {
            case 0 -> hear(script);
            case 1 -> script.errorToClient(dice.header(), unreachable(flow), Optional.empty(), 1 << 16);
            default -> {
                say(script);
                hear(script);
            }
        }
        return script;
    }

    private void say(Script script) {
        script.request(dice.header(), new Segment.Udp(dice.payload(), true));
    }

    private void hear(Script script) {
        script.reply(dice.header(), new Segment.Udp(dice.payload(), true));
    }

    Script echo(Flow flow) {
        Script script = new Script("an echo that comes late", flow);
        boolean isV4 = flow.client().address().isV4();
        script.request(dice.header(), new Segment.Icmp(isV4 ? 8 : 128, 0, 1, true, dice.payload()));
        pauseAround(script, sysctls.get(isV4 ? Sysctl.ICMP_TIMEOUT : Sysctl.ICMPV6_TIMEOUT));
        script.reply(dice.header(), new Segment.Icmp(isV4 ? 0 : 129, 0, 1, true, dice.payload()));
        return script;
    }

    /** Any state of an association, and any time up to that of the longest timeout. */
    Script sctp(Flow flow) {
        return new SctpStories(dice)
                .leftAlone(flow, script -> pause(script, dice.between(1, ShortTimeouts.LONGEST_SECONDS)));
    }

    /** A datagram whose last piece comes in time or too late; what is given up is answered, in some cases. */
    Script fragments(Flow flow) {
        Script script = new Script("a fragment that comes late", flow);
        boolean isV4 = flow.client().address().isV4();
        List<Integer> cuts = List.of(8 * dice.between(1, 10), 8 * dice.between(11, 20));
        Segment segment = new Segment.Udp(dice.bytes(dice.between(180, 700)), true);
        List<Integer> order = new ArrayList<>(List.of(0, 1, 2));
        int missing = order.remove(dice.below(3));
        Header header = dice.header().fragmentable();
        script.requestPieces(header, segment, cuts, order);
        pauseAround(script, sysctls.get(isV4 ? Sysctl.IPFRAG_TIME : Sysctl.FRAG6_TIMEOUT));
        script.requestPieces(header, segment, cuts, List.of(missing));
        return script;
    }

    /** A client comes again, and again: within the time for which it stays with its endpoint, and after. */
    Script affinity(Flow flow, int affinitySeconds) {
        Script script = new Script("a client with session affinity comes again", flow);
        Flow before = flow;
        open(script);
        for (int again = 1; again < 3; again++) {
            boolean isForgotten = affinitySeconds < 10 && dice.oneIn(2);
            long most = Math.min(affinitySeconds, 5);
            pause(script, isForgotten ? affinitySeconds : dice.between(0, (int) most - 1));
            int port = 1024 + (flow.client().port() - 1024 + again) % 60_000;
            before = before.again(port, isForgotten ? Optional.empty() : Optional.of(before));
            script.goOnWith(before);
            open(script);
        }
        return script;
    }

    private void open(Script script) {
        if (script.isTcp()) {
            new TcpSpeech(script, dice).open();
        } else {
            say(script);
        }
    }

    private static Segment.Icmp unreachable(Flow flow) {
        boolean isV4 = flow.client().address().isV4();
        return new Segment.Icmp(isV4 ? 3 : 1, isV4 ? 3 : 4, 0, false, NOTHING);
    }
}
