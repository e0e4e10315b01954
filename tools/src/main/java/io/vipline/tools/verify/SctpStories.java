package io.vipline.tools.verify;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** SCTP associations (RFC 9260): chunks as far as conntrack looks at them. */
final class SctpStories {
    private static final int DATA = 0;
    private static final int INIT = 1;
    private static final int INIT_ACK = 2;
    private static final int SACK = 3;
    private static final int HEARTBEAT = 4;
    private static final int HEARTBEAT_ACK = 5;
    private static final int ABORT = 6;
    private static final int SHUTDOWN = 7;
    private static final int SHUTDOWN_ACK = 8;
    private static final int ERROR = 9;
    private static final int COOKIE_ECHO = 10;
    private static final int COOKIE_ACK = 11;
    private static final int SHUTDOWN_COMPLETE = 14;
    private static final int CHUNK_HEADER = 4;

    private final Dice dice;

    SctpStories(Dice dice) {
        this.dice = dice;
    }

    /** Four-way handshake, data, heartbeats, a close of one kind or another. */
    Script association(Flow flow) {
        Script script = new Script("an SCTP association", flow);
        int clientTag = dice.bits() | 1;
        int serverTag = dice.bits() | 1;
        request(script, 0, chunk(INIT, init(clientTag)));
        reply(script, clientTag, chunk(INIT_ACK, init(serverTag)));
        request(script, serverTag, chunk(COOKIE_ECHO, dice.bytes(8)));
        reply(script, clientTag, chunk(COOKIE_ACK));
        for (int i = dice.below(5); i > 0; i--) {
            exchange(script, clientTag, serverTag);
        }
        close(script, clientTag, serverTag);
        return script;
    }

    /** An association goes some of its way and is left alone; what comes then tells whether it is still known. */
    Script leftAlone(Flow flow, Consumer<Script> pause) {
        Script script = new Script("SCTP left alone", flow);
        int clientTag = dice.bits() | 1;
        int serverTag = dice.bits() | 1;
        List<Runnable> way = List.of(
                () -> request(script, 0, chunk(INIT, init(clientTag))),
                () -> reply(script, clientTag, chunk(INIT_ACK, init(serverTag))),
                () -> request(script, serverTag, chunk(COOKIE_ECHO, dice.bytes(8))),
                () -> reply(script, clientTag, chunk(COOKIE_ACK)),
                () -> request(script, serverTag, chunk(SHUTDOWN, dice.bytes(4))),
                () -> reply(script, clientTag, chunk(SHUTDOWN_ACK)),
                () -> request(script, serverTag, chunk(SHUTDOWN_COMPLETE)));
        if (dice.oneIn(8)) {
            request(script, serverTag, chunk(HEARTBEAT, dice.bytes(8)));
        } else {
            way.subList(0, 1 + dice.below(way.size())).forEach(Runnable::run);
        }
        pause.accept(script);
        script.mayMove();
        switch (dice.below(3)) {
            case 0 -> reply(script, clientTag, chunk(DATA, dice.bytes(16)));
            case 1 -> request(script, serverTag, chunk(DATA, dice.bytes(16)));
            default -> request(script, 0, chunk(INIT, init(dice.bits() | 1)));
        }
        return script;
    }

    private void exchange(Script script, int clientTag, int serverTag) {
        switch (dice.below(3)) {
            case 0 -> {
                request(script, serverTag, chunk(DATA, dice.bytes(12 + 4 * dice.below(20))));
                reply(script, clientTag, chunk(SACK, dice.bytes(12)));
            }
            case 1 -> {
                reply(script, clientTag, chunk(DATA, dice.bytes(12 + 4 * dice.below(20))));
                request(script, serverTag, chunk(SACK, dice.bytes(12)));
            }
            default -> {
                request(script, serverTag, chunk(HEARTBEAT, dice.bytes(8)));
                reply(script, clientTag, chunk(HEARTBEAT_ACK, dice.bytes(8)));
            }
        }
    }

    private void close(Script script, int clientTag, int serverTag) {
        if (dice.oneIn(3)) {
            request(script, serverTag, chunk(ABORT));
            reply(script, clientTag, chunk(DATA, dice.bytes(16)));
            return;
        }
        request(script, serverTag, chunk(SHUTDOWN, dice.bytes(4)));
        reply(script, clientTag, chunk(SHUTDOWN_ACK));
        request(script, serverTag, chunk(SHUTDOWN_COMPLETE));
    }

    /** Chunks of any kind with tags right and wrong. */
    Script anyChunks(Flow flow) {
        Script script = new Script("SCTP with any chunks", flow);
        int clientTag = dice.bits() | 1;
        int serverTag = dice.bits() | 1;
        script.mayMove();
        if (dice.oneIn(2)) {
            request(script, 0, chunk(INIT, init(clientTag)));
            reply(script, clientTag, chunk(INIT_ACK, init(serverTag)));
        }
        for (int i = 1 + dice.below(5); i > 0; i--) {
            int type = dice.oneOf(
                    DATA,
                    INIT,
                    INIT_ACK,
                    SACK,
                    HEARTBEAT,
                    HEARTBEAT_ACK,
                    ABORT,
                    SHUTDOWN,
                    SHUTDOWN_ACK,
                    ERROR,
                    COOKIE_ECHO,
                    COOKIE_ACK,
                    SHUTDOWN_COMPLETE,
                    192);
            byte[] chunk = chunk(type, type == INIT || type == INIT_ACK ? init(clientTag) : dice.bytes(8));
            int tag = dice.oneOf(0, clientTag, serverTag, dice.bits());
            if (dice.oneIn(3)) {
                reply(script, tag, chunk);
            } else {
                request(script, tag, chunk);
            }
        }
        return script;
    }

    private void request(Script script, int tag, byte[] chunks) {
        script.request(dice.header(), new Segment.Sctp(tag, chunks));
    }

    private void reply(Script script, int tag, byte[] chunks) {
        script.reply(dice.header(), new Segment.Sctp(tag, chunks));
    }

    private static byte[] init(int tag) {
        return ByteBuffer.allocate(16)
                .putInt(tag)
                .putInt(65_536)
                .putInt(0x000a_000a)
                .putInt(1)
                .array();
    }

    private static byte[] chunk(int type, byte... value) {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        chunk.writeBytes(ByteBuffer.allocate(CHUNK_HEADER)
                .put((byte) type)
                .put((byte) 0)
                .putShort((short) (CHUNK_HEADER + value.length))
                .array());
        chunk.writeBytes(value);
        return chunk.toByteArray();
    }
}
