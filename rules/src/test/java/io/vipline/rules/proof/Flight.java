package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A packet on its way through a {@link KernelNode}, what may become of it, and what has.
 *
 * @param packet in words
 * @param expected {@code ADDRESS:PORT from ADDRESS}, {@code refused} or {@code nothing}
 */
record Flight(String packet, Set<String> expected, Set<String> seen) {
    /** How long what should come may take. */
    private static final long PATIENCE_MS = 4_000;
    /** How long nothing must come where nothing should. */
    private static final long SILENCE_MS = 60;

    /** Whether something must still come of it. */
    private boolean isAwaited() {
        return seen.isEmpty() && !expected.contains("nothing");
    }

    private Set<String> fates() {
        Set<String> fates = new HashSet<>(seen);
        if (fates.size() > 1) {
            fates.remove("nothing");
        }
        return fates.isEmpty() ? Set.of("nothing") : fates;
    }

    Optional<String> difference() {
        return expected.containsAll(fates())
                ? Optional.empty()
                : Optional.of(packet + "\n  expected " + expected + "\n  came " + seen);
    }

    /** Until everything has come that should, and a little longer. @param flights by the number that they were sent with */
    static void watch(List<Flight> flights, KernelNode kernel) {
        long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (System.nanoTime() < end) {
            boolean awaited = flights.stream().anyMatch(Flight::isAwaited);
            String line = kernel.next(SILENCE_MS);
            if (line.isEmpty() && !awaited) {
                return;
            }
            if (!line.isEmpty()) {
                String[] words = line.split(" ");
                assertThat(words[0]).as(line).isIn("got", "refused", "denied");
                // a packet that was not sent may still be answered with an error
                if (!words[0].equals("denied")) {
                    flights.get(Integer.parseInt(words[1])).seen.add(fate(words));
                }
            }
        }
    }

    private static String fate(String[] words) {
        return words[0].equals("refused")
                ? "refused"
                : new IpPort(IpAddress.of(words[2]), Integer.parseInt(words[3])) + " from " + IpAddress.of(words[4]);
    }
}
