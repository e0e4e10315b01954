package io.vipline.tools.verify;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares what leaves a node by itself, in whatever order: each is known by the packet that it quotes. */
final class LateAnswers {
    private static final int ICMP_BYTES = 8;

    private LateAnswers() {}

    static List<Difference> compare(List<Departure> fromKernel, List<Departure> fromVipline) {
        Map<ByteBuffer, Deque<Departure>> byQuote = new HashMap<>();
        fromVipline.forEach(departure -> byQuote.computeIfAbsent(quote(departure), quote -> new ArrayDeque<>())
                .add(departure));
        List<Difference> differences = new ArrayList<>();
        for (Departure kernel : fromKernel) {
            Deque<Departure> same = byQuote.getOrDefault(quote(kernel), new ArrayDeque<>());
            Departure vipline = same.poll();
            if (vipline == null) {
                differences.add(difference(kernel, List.of(kernel), List.of()));
                continue;
            }
            byte[] packet = Freedom.take(kernel.packet(), vipline.packet(), true);
            if (kernel.side() != vipline.side() || !Arrays.equals(packet, vipline.packet())) {
                differences.add(difference(kernel, List.of(new Departure(kernel.side(), packet)), List.of(vipline)));
            }
        }
        byQuote.values()
                .forEach(left -> left.forEach(
                        departure -> differences.add(difference(departure, List.of(), List.of(departure)))));
        return differences;
    }

    private static ByteBuffer quote(Departure departure) {
        byte[] packet = departure.packet();
        int at = new PacketView(packet).transport() + ICMP_BYTES;
        return ByteBuffer.wrap(packet, at, packet.length - at).slice();
    }

    private static Difference difference(Departure about, List<Departure> kernel, List<Departure> vipline) {
        ByteBuffer quote = quote(about);
        byte[] sent = new byte[quote.remaining()];
        quote.get(sent);
        return new Difference(
                "an answer to fragments whose rest did not come",
                PacketText.line(sent),
                kernel.size() == vipline.size() ? "the packets differ" : "one sends it, the other does not",
                List.of(),
                sent,
                kernel,
                vipline,
                "");
    }
}
