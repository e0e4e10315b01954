package io.vipline.rules.manifest;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them, which Kubernetes' configurations use: {@code 24h0m0s}, {@code 1.5h}, {@code 300ms}. */
final class GoDuration {
    private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h)");

    private GoDuration() {}

    /** @return nanoseconds; empty if the text is no duration */
    static OptionalLong parseNs(String text) {
        if (text.equals("0")) {
            return OptionalLong.of(0);
        }
        Matcher part = PART.matcher(text);
        double sumNs = 0;
        int at = 0;
        while (at < text.length() && part.find(at) && part.start() == at) {
            sumNs += Double.parseDouble(part.group(1)) * unitNs(part.group(2));
            at = part.end();
        }
        return at == 0 || at < text.length() || sumNs > Long.MAX_VALUE
                ? OptionalLong.empty()
                : OptionalLong.of(Math.round(sumNs));
    }

    private static double unitNs(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> 3600e9;
        };
    }
}
