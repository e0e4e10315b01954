package io.vipline.tools;

import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Table;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.agrona.DirectBuffer;

/**
 * Says of each frame what became of it and by which rules, for Wireshark's packet comments. A connection's rules are
 * asked for once. Used by one thread.
 */
final class FrameComments {
    private static final Disposition[] DISPOSITIONS = Disposition.values();
    private static final int REMEMBERED = 100_000;

    /** The tuple of a connection's first packet. */
    record Tuple(int protocol, IpAddress source, IpAddress destination, int ports) {}

    private final Table table;
    private final Function<Tuple, String> rulePath;
    private final Map<Tuple, String> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Tuple, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** @param rulePath the rules that a connection's first packet met */
    FrameComments(Table table, Function<Tuple, String> rulePath) {
        this.table = table;
        this.rulePath = rulePath;
    }

    /** @param record where a {@link FinishedFrame} record begins */
    String of(DirectBuffer memory, int record) {
        Disposition disposition = DISPOSITIONS[memory.getInt(record + FinishedFrame.DISPOSITION)];
        int endpointId = memory.getInt(record + FinishedFrame.ENDPOINT_ID);
        int flow = memory.getInt(record + FinishedFrame.FLOW);
        return switch (disposition) {
            case GENERATED -> "GENERATED: the node's answer to frame " + (memory.getLong(record) + 1);
            case PASSED -> flow < 0 ? "PASSED" : "PASSED flow " + flow;
            case TRANSLATED -> endpointId < 0 ? "TRANSLATED flow " + flow : translated(memory, record, endpointId, flow);
        };
    }

    private String translated(DirectBuffer memory, int record, int endpointId, int flow) {
        int flags = memory.getInt(record + FinishedFrame.FLAGS);
        boolean isReply = (flags & FinishedFrame.REPLY) != 0;
        String masquerade = (flags & FinishedFrame.MASQUERADED) != 0 ? ", masqueraded" : "";
        String text = (isReply ? "REPLY " : "DNAT ")
                + table.serviceOf(endpointId).name()
                + (isReply ? " <- " : " -> ")
                + table.endpoint(endpointId)
                + masquerade
                + ", flow "
                + flow;
        return memory.getInt(record + FinishedFrame.PROTOCOL) < 0 ? text : text + ", " + path(memory, record);
    }

    private String path(DirectBuffer memory, int record) {
        Tuple tuple = new Tuple(
                memory.getInt(record + FinishedFrame.PROTOCOL),
                address(memory, record + FinishedFrame.ORIGINAL_SOURCE),
                address(memory, record + FinishedFrame.ORIGINAL_DESTINATION),
                memory.getInt(record + FinishedFrame.ORIGINAL_PORTS));
        return remembered.computeIfAbsent(tuple, rulePath);
    }

    private static IpAddress address(DirectBuffer memory, int at) {
        return new IpAddress(memory.getLong(at), memory.getLong(at + 8));
    }
}
