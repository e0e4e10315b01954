package io.vipline.rules.chain.save;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Matches that take several options. {@code start} is where the term begins, its {@code -m} included. */
final class SaveExtensions {
    private static final String ALL_V4 = "255.255.255.255";
    private static final String ALL_V6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

    private SaveExtensions() {}

    /** {@code --mode random [!] --probability P}; {@code --mode nth [!] --every N}, which is one packet in N. */
    static Match statistic(SaveLine line, int start, String option) {
        boolean random = option.equals("--mode") && line.nextIs("random");
        boolean counting = option.equals("--mode") && line.nextIs("nth");
        if (random || counting) {
            line.next();
            boolean inverted = line.accept("!");
            double probability = -1;
            if (random && line.accept("--probability")) {
                probability = probability(line, start);
            } else if (counting && line.accept("--every")) {
                probability = 1.0 / every(line, start);
                if (line.accept("--packet")) {
                    line.value("--packet");
                }
            }
            if (probability >= 0) {
                return new Match.Statistic(inverted ? 1 - probability : probability, line.textFrom(start));
            }
        }
        line.skipTerm();
        return new Match.Opaque(line.textFrom(start), "it counts the packets that passed before");
    }

    private static int every(SaveLine line, int start) {
        String value = line.value("--every");
        OptionalInt every = SaveValues.number(value, Integer.MAX_VALUE);
        if (every.isEmpty() || every.getAsInt() < 1) {
            throw new SaveFault(start, "--every " + value + " is not a number above 0", "correct the value");
        }
        return every.getAsInt();
    }

    private static double probability(SaveLine line, int start) {
        String value = line.value("--probability");
        try {
            double probability = Double.parseDouble(value);
            if (probability >= 0 && probability <= 1) {
                return probability;
            }
        } catch (NumberFormatException e) {
            // said below, as for a number out of range
        }
        throw new SaveFault(start, "--probability " + value + " is not a number from 0 to 1", "correct the value");
    }

    /** All options of a {@code recent} term, in whatever order iptables of its day wrote them. */
    static Match recent(SaveLine line, int start, String option, boolean negated) {
        Match.RecentOperation operation = null;
        boolean inverted = negated;
        String list = "DEFAULT";
        int seconds = 0;
        boolean reap = false;
        boolean plain = true;
        String next = option;
        while (next != null) {
            switch (next) {
                case "--set" -> operation = Match.RecentOperation.SET;
                case "--rcheck" -> operation = Match.RecentOperation.RCHECK;
                case "--update" -> operation = Match.RecentOperation.UPDATE;
                case "--remove" -> operation = Match.RecentOperation.REMOVE;
                case "--name" -> list = line.value(next);
                case "--seconds" -> seconds = seconds(line, start);
                case "--reap" -> reap = true;
                case "--rsource" -> {}
                case "--mask" -> plain &= isFullMask(line.value(next));
                default -> {
                    line.skipValues();
                    plain = false;
                }
            }
            inverted |= line.acceptBefore("!", "--");
            next = line.peek().value().startsWith("--") ? line.next().value() : null;
        }
        if (operation == null || !plain) {
            return new Match.Opaque(line.textFrom(start), "it depends on more than when the source was last seen");
        }
        return new Match.Recent(operation, list, seconds, reap, line.textFrom(start), inverted);
    }

    private static boolean isFullMask(String mask) {
        return mask.equals(ALL_V4) || mask.equals(ALL_V6);
    }

    private static int seconds(SaveLine line, int start) {
        String value = line.value("--seconds");
        OptionalInt seconds = SaveValues.number(value, Integer.MAX_VALUE);
        return seconds.orElseThrow(
                () -> new SaveFault(start, "--seconds " + value + " is not a number", "correct the value"));
    }

    /** {@code [!] --match-set NAME src,dst}. */
    static Match ipSet(SaveLine line, int start, String option, boolean negated, Map<String, AddressSet> sets) {
        if (option.equals("--match-set")) {
            String name = line.value(option);
            Optional<List<Match.Side>> dimensions = dimensions(line.value(option));
            while (line.acceptBefore("!", "--update-")) {
                line.next();
            }
            boolean ends = !line.peek().value().startsWith("--");
            if (dimensions.isPresent() && ends) {
                return new Match.IpSet(
                        name, dimensions.get(), Optional.ofNullable(sets.get(name)), line.textFrom(start), negated);
            }
        }
        line.skipTerm();
        return new Match.Opaque(line.textFrom(start), "it asks for more than membership in a set");
    }

    private static Optional<List<Match.Side>> dimensions(String text) {
        List<Match.Side> sides = new ArrayList<>();
        for (String side : text.split(",", -1)) {
            switch (side) {
                case "src" -> sides.add(Match.Side.SOURCE);
                case "dst" -> sides.add(Match.Side.DESTINATION);
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(sides);
    }
}
