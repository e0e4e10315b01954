package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import java.util.HexFormat;

/** Writes what two well-behaved TCPs say into a script, keeping their sequence numbers. */
final class TcpSpeech {
    private static final int FIN = Transport.FIN;
    private static final int SYN = Transport.SYN;
    private static final int RST = Transport.RST;
    private static final int PSH = 8;
    private static final int ACK = Transport.ACK;
    private static final int WINDOW = 29_200;
    /** MSS 1460, SACK permitted, window scale 7. */
    private static final byte[] SYN_OPTIONS = HexFormat.of().parseHex("020405b40402010103030701");

    private static final byte[] NO_OPTIONS = {};

    private final Script script;
    private final Dice dice;
    private int clientNext;
    private int serverNext;
    private int sequenceOff;
    private int ackOff;

    TcpSpeech(Script script, Dice dice) {
        this.script = script;
        this.dice = dice;
        clientNext = dice.bits();
        serverNext = dice.bits();
    }

    TcpSpeech open() {
        if (dice.oneIn(8)) {
            synAgain();
        }
        syn();
        synAck();
        ackFromClient();
        return this;
    }

    TcpSpeech syn() {
        client(SYN, SYN_OPTIONS, NO_OPTIONS);
        clientNext++;
        return this;
    }

    TcpSpeech synAck() {
        server(SYN | ACK, SYN_OPTIONS, NO_OPTIONS);
        serverNext++;
        return this;
    }

    TcpSpeech ackFromClient() {
        client(ACK, NO_OPTIONS, NO_OPTIONS);
        return this;
    }

    TcpSpeech ackFromServer() {
        server(ACK, NO_OPTIONS, NO_OPTIONS);
        return this;
    }

    /** Data both ways, acknowledged. */
    TcpSpeech talk(int exchanges) {
        for (int i = 0; i < exchanges; i++) {
            if (dice.oneIn(2)) {
                sayToServer();
                ackFromServer();
            } else {
                sayToClient();
                ackFromClient();
            }
        }
        return this;
    }

    TcpSpeech sayToServer() {
        byte[] payload = payload();
        client(ACK | PSH, NO_OPTIONS, payload);
        clientNext += payload.length;
        return this;
    }

    /** The same data so many times, as when nobody answers. */
    void sayToServerTimes(int times) {
        byte[] payload = payload();
        for (int i = 0; i < times; i++) {
            client(ACK | PSH, NO_OPTIONS, payload);
        }
        clientNext += payload.length;
    }

    TcpSpeech sayToClient() {
        byte[] payload = payload();
        server(ACK | PSH, NO_OPTIONS, payload);
        serverNext += payload.length;
        return this;
    }

    /** One of the ways in which conversations end. */
    void close() {
        switch (dice.below(5)) {
            case 0 -> client(RST, NO_OPTIONS, NO_OPTIONS);
            case 1 -> server(RST | ACK, NO_OPTIONS, NO_OPTIONS);
            case 2 -> {
                finFromServer();
                finFromClient();
                ackFromServer();
            }
            case 3 -> {
                finFromClient();
                finFromServer();
                ackFromClient();
            }
            default -> {
                finFromClient();
                ackFromServer();
                sayToClient();
                ackFromClient();
                finFromServer();
                ackFromClient();
            }
        }
    }

    TcpSpeech finFromClient() {
        client(FIN | ACK, NO_OPTIONS, NO_OPTIONS);
        clientNext++;
        return this;
    }

    TcpSpeech finFromServer() {
        server(FIN | ACK, NO_OPTIONS, NO_OPTIONS);
        serverNext++;
        return this;
    }

    /** A bare segment with these flags; sequence numbers stay. */
    void client(int flags) {
        client(flags, NO_OPTIONS, NO_OPTIONS);
    }

    void server(int flags) {
        server(flags, NO_OPTIONS, NO_OPTIONS);
    }

    /** The segments to come are off in sequence and in acknowledgment by so much. */
    void offBy(int sequence, int acknowledged) {
        sequenceOff += sequence;
        ackOff += acknowledged;
    }

    /** With data that nobody keeps count of. */
    void client(int flags, int payloadBytes) {
        client(flags, NO_OPTIONS, dice.bytes(payloadBytes));
    }

    void server(int flags, int payloadBytes) {
        server(flags, NO_OPTIONS, dice.bytes(payloadBytes));
    }

    /** A SYN that nobody has answered yet, and that will be said again. */
    void synAgain() {
        client(SYN, SYN_OPTIONS, NO_OPTIONS);
    }

    void countSyn() {
        clientNext++;
    }

    void synFromServer() {
        server(SYN, SYN_OPTIONS, NO_OPTIONS);
        serverNext++;
    }

    /** In answer to a SYN, when our own is out already. */
    void synAckFromClient() {
        clientNext--;
        client(SYN | ACK, SYN_OPTIONS, NO_OPTIONS);
        clientNext++;
    }

    void synAckFromServerAgain() {
        serverNext--;
        server(SYN | ACK, SYN_OPTIONS, NO_OPTIONS);
        serverNext++;
    }

    void client(int flags, byte[] options, byte[] payload) {
        boolean acks = (flags & ACK) != 0;
        script.request(
                dice.header(),
                new Segment.Tcp(
                        clientNext + sequenceOff, acks ? serverNext + ackOff : 0, flags, WINDOW, options, payload));
    }

    void server(int flags, byte[] options, byte[] payload) {
        boolean acks = (flags & ACK) != 0;
        script.reply(
                dice.header(),
                new Segment.Tcp(
                        serverNext + sequenceOff, acks ? clientNext + ackOff : 0, flags, WINDOW, options, payload));
    }

    private byte[] payload() {
        return dice.bytes(1 + (dice.oneIn(4) ? dice.below(1300) : dice.below(40)));
    }
}
