package io.vipline.tools.verify;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Stories of packets, one a line, with what becomes of it and of its connection.
 *
 * <pre>
 * == what the story tells
 * set NAME=VALUE                                        a sysctl of the node
 * talk CLIENT > SERVICE = ENDPOINT [as SOURCE]          who says what begins with > and &lt;, over TCP; SOURCE if masqueraded
 * datagram PACKET as PACKET                             what comes in the pieces named then, and what goes out in pieces
 * [+SECONDS] PACKET                  | FATE | CONNECTIONS
 * +2  > FLAGS SEQ [ACK [BYTES]] …    | FATE | STATE SECONDS [UNREPLIED] [ASSURED] &amp; …
 * </pre>
 *
 * A packet comes so many seconds after the one before it, and is written as {@link PacketScript} reads it, or, as part of
 * the talk, without its ends, or as {@code piece A-B} of the datagram. FATE: {@code passes} (translated, where it is of the talk), {@code as PACKET &amp; PACKET} (leaves
 * so), {@code pieces A-B C-D} (of the datagram leave), {@code answered} (the node sends an ICMP error of its own), {@code waits} (for its rest) or {@code dropped}. All
 * connections are named then, with how long each is kept yet; without a third column nothing is said of them.
 */
final class ConntrackTable {
    private static final Pattern TALK =
            Pattern.compile("talk (?<client>\\S+) > (?<service>\\S+) = (?<endpoint>\\S+)(?: as (?<source>\\S+))?");

    /** Who talks to whom, and by which names on the endpoint's side. */
    record Talk(String client, String service, String endpoint, String source) {
        /** Puts the ends to what one of them says. */
        String packet(String said) {
            String text = said.substring(1).strip();
            return said.startsWith(">")
                    ? "tcp " + client + " > " + service + " " + text
                    : "tcp " + endpoint + " > " + source + " " + text;
        }

        /** What one of them says, as the other one hears it. */
        String heard(String said) {
            String text = said.substring(1).strip();
            return said.startsWith(">")
                    ? "ttl 63 tcp " + source + " > " + endpoint + " " + text
                    : "ttl 63 tcp " + service + " > " + client + " " + text;
        }
    }

    /** @param connections empty: nothing is said of them */
    record Row(double afterSeconds, String packet, String fate, List<String> connections, String line) {}

    record Case(String name, Sysctls sysctls, Talk talk, List<Row> rows) {}

    private final List<Case> cases = new ArrayList<>();
    private Case open;
    /** The datagram of the case, as it comes and as it goes. */
    private String comes;

    private String goes;

    /** Reads a resource beside this class. */
    static List<Case> read(String resource) throws IOException {
        ConntrackTable table = new ConntrackTable();
        try (var in = ConntrackTable.class.getResourceAsStream(resource)) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .forEach(table::line);
        }
        table.close();
        return table.cases;
    }

    private void close() {
        if (open != null) {
            cases.add(open);
        }
    }

    private void line(String line) {
        if (line.startsWith("== ")) {
            close();
            open = new Case(line.substring(3), Sysctls.KUBE_PROXY, null, new ArrayList<>());
        } else if (line.startsWith("set ")) {
            String[] sides = line.substring(4).split("=");
            Sysctl sysctl = Sysctl.named(sides[0]).orElseThrow(() -> new IllegalArgumentException(line));
            open = new Case(open.name, open.sysctls.with(sysctl, Long.parseLong(sides[1])), open.talk, open.rows);
        } else if (line.startsWith("talk ")) {
            Matcher talk = TALK.matcher(line);
            if (!talk.matches()) {
                throw new IllegalArgumentException(line);
            }
            String source = talk.group("source") == null ? talk.group("client") : talk.group("source");
            Talk ends = new Talk(talk.group("client"), talk.group("service"), talk.group("endpoint"), source);
            open = new Case(open.name, open.sysctls, ends, open.rows);
        } else if (line.startsWith("datagram ")) {
            String[] ends = line.substring("datagram ".length()).split(" as ");
            comes = ends[0];
            goes = ends[1];
        } else {
            open.rows.add(row(line));
        }
    }

    private Row row(String line) {
        String[] columns = line.split("\\|");
        String packet = columns[0].strip();
        double after = 0;
        if (packet.startsWith("+")) {
            int end = packet.indexOf(' ');
            after = Double.parseDouble(packet.substring(1, end));
            packet = packet.substring(end).strip();
        }
        List<String> connections = columns.length < 3
                ? List.of()
                : Arrays.stream(columns[2].split("&")).map(String::strip).toList();
        if (packet.startsWith("piece ")) {
            packet = comes + " " + packet;
        }
        return new Row(after, packet, fate(columns[1].strip()), connections, line);
    }

    private String fate(String text) {
        return !text.startsWith("pieces ")
                ? text
                : Arrays.stream(text.substring("pieces ".length()).split(" "))
                        .map(piece -> "ttl 63 " + goes + " piece " + piece)
                        .collect(Collectors.joining(" & ", "as ", ""));
    }
}
