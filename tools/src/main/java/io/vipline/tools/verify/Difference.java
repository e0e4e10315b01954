package io.vipline.tools.verify;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the worlds went apart.
 *
 * @param story the kind of script, and the step of it
 * @param flow who to whom
 * @param before what was sent in this conversation before
 * @param what differs, in words
 * @param sent what was sent to the kernel; Vipline got the same, but for what it had chosen before
 * @param kernel what left the kernel, made with Vipline's choices
 * @param said what Vipline's counters say of the packet
 */
public record Difference(
        String story,
        String flow,
        String what,
        List<String> before,
        byte[] sent,
        List<Departure> kernel,
        List<Departure> vipline,
        String said) {
    private static final int COLUMN = 58;

    /** Where counts differ. @param sent a packet of the kind that was sent */
    static Difference ofCounts(String what, byte[] sent) {
        return new Difference("counts", PacketText.line(sent), what, List.of(), sent, List.of(), List.of(), "");
    }

    void print(PrintWriter out, int number) {
        out.println("difference " + number + ": " + story + ": " + what);
        out.println("  flow  " + flow);
        before.forEach(line -> out.println("  then  " + line));
        out.println("  sent  " + PacketText.line(sent));
        if (!said.isEmpty()) {
            out.println("  Vipline says " + said);
        }
        int pairs = Math.max(kernel.size(), vipline.size());
        for (int i = 0; i < pairs; i++) {
            sideBySide(out, lines(kernel, i), lines(vipline, i));
        }
        out.println();
    }

    private static List<String> lines(List<Departure> departures, int index) {
        if (index >= departures.size()) {
            return List.of("nothing");
        }
        Departure departure = departures.get(index);
        List<String> lines = new ArrayList<>();
        lines.add("to " + departure.side().name().toLowerCase(Locale.ROOT));
        lines.addAll(PacketText.lines(departure.packet()));
        return lines;
    }

    private static void sideBySide(PrintWriter out, List<String> left, List<String> right) {
        out.println("    " + pad("kernel") + "   Vipline");
        for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
            String one = i < left.size() ? left.get(i) : "";
            String other = i < right.size() ? right.get(i) : "";
            out.println("    " + pad(one) + (one.equals(other) ? "   " : " ! ") + other);
        }
    }

    private static String pad(String text) {
        return text + " ".repeat(Math.max(0, COLUMN - text.length()));
    }
}
