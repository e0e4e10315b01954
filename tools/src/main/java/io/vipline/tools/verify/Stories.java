package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import java.util.Optional;
import java.util.SplittableRandom;

/** Writes scripts: each call one of a kind drawn at random, in a conversation of its own. */
final class Stories {

    private final Flows flows;
    private final SplittableRandom random;

    Stories(Flows flows, SplittableRandom random) {
        this.flows = flows;
        this.random = random;
    }

    /** The next script; its kind may need what the cluster has not: then another is tried. */
    Script next() {
        while (true) {
            Optional<Script> script = random.nextInt(10) < 7 ? tcp() : udp();
            if (script.isPresent()) {
                return script.get();
            }
        }
    }

    private Optional<Script> tcp() {
        return flows.toService(Transport.TCP).map(flow -> {
            Script script = new Script("a TCP conversation", flow);
            TcpSpeech speech = new TcpSpeech(script, random);
            speech.open();
            speech.talk(random.nextInt(6));
            speech.close();
            return script;
        });
    }

    private Optional<Script> udp() {
        return flows.toService(Transport.UDP).map(flow -> {
            Script script = new Script("a UDP conversation", flow);
            int exchanges = 1 + random.nextInt(4);
            for (int i = 0; i < exchanges; i++) {
                script.request(header(), new Segment.Udp(payload(), true));
                if (random.nextInt(4) > 0) {
                    script.reply(header(), new Segment.Udp(payload(), true));
                }
            }
            return script;
        });
    }

    private Header header() {
        return Header.plain(2 + random.nextInt(250), random.nextInt(0x10000)).withTos(random.nextInt(256));
    }

    private byte[] payload() {
        byte[] payload = new byte[random.nextInt(4) == 0 ? random.nextInt(1200) : random.nextInt(32)];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) random.nextInt();
        }
        return payload;
    }
}
