package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import java.util.List;

/** TCP, behaving and not. */
final class TcpStories {
    private static final int SYN = Transport.SYN;
    private static final int ACK = Transport.ACK;
    private static final int FIN = Transport.FIN;
    private static final int RST = Transport.RST;

    private final Dice dice;

    TcpStories(Dice dice) {
        this.dice = dice;
    }

    /** Handshake, data, one of the closes. */
    Script conversation(Flow flow) {
        Script script = new Script("a TCP conversation", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.open();
        speech.talk(dice.below(6));
        speech.close();
        return script;
    }

    /** Segments lost, late and twice. */
    Script disturbed(Flow flow) {
        Script script = new Script("TCP with segments lost, late and twice", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.open();
        speech.talk(2 + dice.below(6));
        speech.close();
        List<Step> steps = script.steps();
        for (int i = 0; i < 3; i++) {
            int at = 3 + dice.below(steps.size() - 4);
            switch (dice.below(3)) {
                case 0 -> steps.remove(at);
                case 1 -> steps.add(at, steps.get(at));
                default -> steps.add(at - 1, steps.remove(at));
            }
        }
        return script;
    }

    /** The handshake was before our time. */
    Script underWay(Flow flow) {
        Script script = new Script("TCP picked up under way", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.sayToServer();
        speech.talk(1 + dice.below(4));
        speech.close();
        return script;
    }

    /** Nobody there: SYNs, then a reset. */
    Script refused(Flow flow) {
        Script script = new Script("TCP refused by the endpoint", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        for (int i = dice.below(3); i >= 0; i--) {
            speech.synAgain();
        }
        speech.countSyn();
        script.mayMove();
        speech.server(RST | ACK);
        if (dice.oneIn(2)) {
            speech.client(ACK);
        }
        return script;
    }

    /** Simultaneous open, and the split handshake that looks like it. */
    Script openedByBoth(Flow flow) {
        Script script = new Script("TCP opened from both sides", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.syn();
        if (dice.oneIn(3)) {
            speech.ackFromServer();
        }
        speech.synFromServer();
        if (dice.oneIn(2)) {
            speech.synAckFromClient();
            speech.synAckFromServerAgain();
        } else {
            speech.synAckFromClient();
            speech.ackFromServer();
        }
        speech.talk(2);
        speech.close();
        return script;
    }

    /** Closed, and the same ports again: a new connection, which may go to another endpoint. */
    Script reopened(Flow flow) {
        Script script = new Script("TCP with the same ports again", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        speech.open();
        speech.talk(1);
        speech.close();
        if (dice.oneIn(3)) {
            speech.ackFromClient();
        }
        script.mayMove();
        speech = new TcpSpeech(script, dice);
        speech.open();
        speech.talk(1);
        speech.close();
        return script;
    }

    /** Flags of every combination, at any time. */
    Script anyFlags(Flow flow) {
        Script script = new Script("TCP with any flags", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        if (dice.oneIn(2)) {
            speech.open();
        }
        script.mayMove();
        for (int i = 1 + dice.below(5); i > 0; i--) {
            int flags = dice.oneOf(
                    0, SYN, SYN | ACK, RST, RST | ACK, FIN, FIN | ACK, FIN | SYN, FIN | 8 | 32, ACK, dice.below(256));
            if (dice.oneIn(3)) {
                speech.server(flags);
            } else {
                speech.client(flags);
            }
        }
        return script;
    }

    /** Sequence and acknowledgment numbers near to where they should be, and far. */
    Script outOfWindow(Flow flow) {
        Script script = new Script("TCP out of the window", flow);
        TcpSpeech speech = new TcpSpeech(script, dice);
        if (dice.below(4) > 0) {
            speech.open();
            speech.talk(dice.below(3));
        }
        script.mayMove();
        for (int i = 1 + dice.below(6); i > 0; i--) {
            int flags = dice.oneOf(ACK, ACK, ACK, ACK, ACK | 8, RST, RST | ACK, FIN | ACK, SYN, SYN | ACK);
            int sequenceOff = dice.oneOf(0, 0, 0, 1, -1, 100, 29_200, 30_000, -66_000, -70_000, dice.bits());
            int ackOff = dice.oneOf(0, 0, 0, 1, -1, 100, 5_000, -66_000, -70_000, dice.bits());
            speech.offBy(sequenceOff, ackOff);
            if (dice.oneIn(2)) {
                speech.server(flags, dice.below(60));
            } else {
                speech.client(flags, dice.below(60));
            }
            speech.offBy(-sequenceOff, -ackOff);
        }
        return script;
    }
}
