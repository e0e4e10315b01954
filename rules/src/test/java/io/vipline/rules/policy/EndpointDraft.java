package io.vipline.rules.policy;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Endpoints for a test, written as a line of text each. */
public final class EndpointDraft {
    private EndpointDraft() {}

    /**
     * {@code ADDRESS:PORT [local] [unready] [serving] [terminating] [zone=Z…] [node=N…]}: ready and serving unless {@code
     * unready}; an unready one serves only if it says so.
     */
    public static Endpoint endpoint(String line) {
        String[] words = line.strip().split(" +");
        int colon = words[0].lastIndexOf(':');
        String host = words[0].substring(0, colon).replace("[", "").replace("]", "");
        IpPort address = new IpPort(IpAddress.of(host), Integer.parseInt(words[0].substring(colon + 1)));
        Set<String> said = new HashSet<>(Arrays.asList(words));
        boolean ready = !said.contains("unready");
        return new Endpoint(
                address,
                address.toString(),
                ready,
                ready || said.contains("serving"),
                said.contains("terminating"),
                said.contains("local"),
                hints(words, "zone="),
                hints(words, "node="),
                null);
    }

    /** In the string order that rules need. */
    public static List<Endpoint> endpoints(String... lines) {
        return Arrays.stream(lines)
                .map(EndpointDraft::endpoint)
                .sorted(Comparator.comparing(Endpoint::text))
                .toList();
    }

    private static Set<String> hints(String[] words, String prefix) {
        Set<String> hints = new HashSet<>();
        for (String word : words) {
            if (word.startsWith(prefix)) {
                hints.add(word.substring(prefix.length()));
            }
        }
        return hints;
    }
}
