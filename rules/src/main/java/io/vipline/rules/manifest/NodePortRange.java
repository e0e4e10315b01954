package io.vipline.rules.manifest;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Node ports to draw from, both ends included: kube-apiserver's {@code --service-node-port-range}. */
public record NodePortRange(int first, int last) {
    /** The API server's default. */
    public static final NodePortRange DEFAULT = new NodePortRange(30000, 32767);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,5})([-+])(\\d{1,5})");

    public NodePortRange {
        if (first < 1 || last > 65535 || first > last) {
            throw new IllegalArgumentException("node ports " + first + "-" + last);
        }
    }

    /** @param text {@code 30000-32767}, or {@code 30000+2767} (first and how many more). @return empty if it is neither */
    public static Optional<NodePortRange> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int first = Integer.parseInt(matcher.group(1));
        int second = Integer.parseInt(matcher.group(3));
        int last = matcher.group(2).equals("-") ? second : first + second;
        return first < 1 || last > 65535 || first > last
                ? Optional.empty()
                : Optional.of(new NodePortRange(first, last));
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
