package io.vipline.tools;

import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Table;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Says of each frame what became of it and by which rules, for Wireshark's packet comments. A connection's rules are
 * asked for once. Used by one thread.
 */
final class FrameComments {
    private static final Disposition[] DISPOSITIONS = Disposition.values();
    private static final int REMEMBERED = 100_000;

    private record Connection(PacketDescription first, int endpointId) {}

    private final Table table;
    private final RulePath rulePath;
    private final Map<Connection, String> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Connection, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    FrameComments(Table table, RulePath rulePath) {
        this.table = table;
        this.rulePath = rulePath;
    }

    /** @param record where a {@link FinishedFrame} record begins */
    String of(NativeMemory memory, int record) {
        Disposition disposition = DISPOSITIONS[memory.getInt(record + FinishedFrame.DISPOSITION)];
        int endpointId = memory.getInt(record + FinishedFrame.ENDPOINT_ID);
        int flow = memory.getInt(record + FinishedFrame.FLOW);
        return switch (disposition) {
            case GENERATED -> "GENERATED: the node's answer to frame " + (memory.getLong(record) + 1);
            case PASSED -> flow < 0 ? "PASSED" : "PASSED, flow of frame " + (flow + 1);
            case TRANSLATED ->
                endpointId < 0
                        ? "TRANSLATED, flow of frame " + (flow + 1)
                        : translated(memory, record, endpointId, flow);
        };
    }

    private String translated(NativeMemory memory, int record, int endpointId, int flow) {
        int flags = memory.getInt(record + FinishedFrame.FLAGS);
        boolean isReply = (flags & FinishedFrame.REPLY) != 0;
        String masquerade = (flags & FinishedFrame.MASQUERADED) != 0 ? ", masqueraded" : "";
        String text = (isReply ? "REPLY " : "DNAT ")
                + table.serviceOf(endpointId).name()
                + (isReply ? " <- " : " -> ")
                + table.endpoint(endpointId)
                + masquerade
                + ", flow of frame "
                + (flow + 1);
        return memory.getInt(record + FinishedFrame.PROTOCOL) < 0
                ? text
                : text + ", " + path(memory, record, endpointId);
    }

    private String path(NativeMemory memory, int record, int endpointId) {
        int ports = memory.getInt(record + FinishedFrame.ORIGINAL_PORTS);
        PacketDescription first = PacketDescription.first(
                memory.getInt(record + FinishedFrame.PROTOCOL),
                address(memory, record + FinishedFrame.ORIGINAL_SOURCE),
                ports >>> 16,
                address(memory, record + FinishedFrame.ORIGINAL_DESTINATION),
                ports & 0xffff);
        return remembered.computeIfAbsent(
                new Connection(first, endpointId),
                connection -> rulePath.of(first, table.endpoint(endpointId).toString()));
    }

    private static IpAddress address(NativeMemory memory, int at) {
        return new IpAddress(memory.getLong(at), memory.getLong(at + 8));
    }
}
