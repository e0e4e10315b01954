package io.vipline.tools.verify;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.Table;
import io.vipline.tools.verify.CaptureFrames.Captured;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Plays a capture that was taken at the clients: what goes to a Service is sent as it stands; what comes from one is sent
 * by the endpoint that the world at hand chose, to whom it believes to talk to. Everything else passes as it is. Used by
 * one thread.
 */
final class CaptureContest {
    /** Pieces of one datagram. */
    private record Piece(int protocol, IpPort source, IpPort destination, int id) {}

    private record Tuple(int protocol, IpPort client, IpPort service) {
        Tuple reversed() {
            return new Tuple(protocol, service, client);
        }
    }

    private final Judge judge;
    private final Flows flows;
    private final Table table;
    private final Map<Tuple, Flow> known = new HashMap<>();
    private final Map<Piece, Tuple> firstPieces = new HashMap<>();

    CaptureContest(Judge judge, Flows flows, Table table) {
        this.judge = judge;
        this.flows = flows;
        this.table = table;
    }

    void run(CaptureFrames frames, BooleanSupplier stopped) {
        for (Captured captured : frames.packets()) {
            PacketView view = new PacketView(captured.packet());
            if (view.isFragment() && view.hasPorts()) {
                firstPieces.put(piece(view), tuple(view));
            }
        }
        for (Captured captured : frames.packets()) {
            if (stopped.getAsBoolean()) {
                return;
            }
            judge.play(script(captured));
        }
    }

    private Script script(Captured captured) {
        PacketView view = new PacketView(captured.packet());
        Tuple tuple = tupleOf(view);
        Tuple asked = view.quoted().map(CaptureContest::tuple).orElse(tuple.reversed());
        boolean isAnswer =
                known.containsKey(asked) && !isService(tuple) && isService(asked) && hasArrived(known.get(asked));
        Flow flow = isAnswer ? known.get(asked) : flow(tuple);
        Script script = new Script("frame " + captured.number(), flow);
        script.mayMove();
        script.tag(captured.tags());
        if (isAnswer) {
            script.answer(captured.isV4(), captured.packet());
        } else {
            script.raw(captured.isV4(), captured.packet());
        }
        return script;
    }

    /** An answer to what no endpoint got is nobody's but who has it in the capture. */
    private static boolean hasArrived(Flow flow) {
        return flow.isKnown(World.KERNEL) && flow.isKnown(World.VIPLINE);
    }

    private Flow flow(Tuple tuple) {
        return known.computeIfAbsent(tuple, of -> flows.flow(of.protocol(), of.client(), of.service()));
    }

    private boolean isService(Tuple tuple) {
        IpPort to = tuple.service();
        return table.isServiceAddress(to.address().high(), to.address().low(), tuple.protocol(), to.port());
    }

    /** A tail of a datagram goes with its head. */
    private Tuple tupleOf(PacketView view) {
        return view.isFragment()
                ? Optional.ofNullable(firstPieces.get(piece(view))).orElse(tuple(view))
                : tuple(view);
    }

    private static Piece piece(PacketView view) {
        IpPort source = new IpPort(view.source().address(), 0);
        return new Piece(view.protocol(), source, new IpPort(view.destination().address(), 0), view.fragmentId());
    }

    private static Tuple tuple(PacketView view) {
        return new Tuple(view.protocol(), view.source(), view.destination());
    }
}
