package io.vipline.rules.net;

import java.util.Optional;

/** Text forms of addresses: RFC 5952 out, Go's {@code netutils.ParseIPSloppy} in. */
final class IpText {
    private IpText() {}

    static Optional<IpAddress> parse(String text) {
        if (text.indexOf(':') < 0) {
            long v4 = parseV4(text);
            return v4 < 0 ? Optional.empty() : Optional.of(IpAddress.v4((int) v4));
        }
        return parseV6(text);
    }

    /** @return the address in bits 31–0, or -1 */
    private static long parseV4(String text) {
        long value = 0;
        int numbers = 0;
        int at = 0;
        while (numbers < 4) {
            int start = at;
            int number = 0;
            while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0 && text.charAt(at) < 128) {
                number = number * 10 + (text.charAt(at) - '0');
                if (number > 255) {
                    return -1;
                }
                at++;
            }
            if (at == start) {
                return -1;
            }
            value = value << 8 | number;
            numbers++;
            if (numbers < 4 && (at >= text.length() || text.charAt(at++) != '.')) {
                return -1;
            }
        }
        return at == text.length() ? value : -1;
    }

    private static Optional<IpAddress> parseV6(String text) {
        int[] groups = new int[8];
        int count = 0;
        int gapAt = -1;
        int at = 0;
        if (text.startsWith("::")) {
            gapAt = 0;
            at = 2;
        } else if (text.startsWith(":")) {
            return Optional.empty();
        }
        while (at < text.length()) {
            if (count == 8) {
                return Optional.empty();
            }
            int end = at;
            while (end < text.length() && text.charAt(end) != ':' && text.charAt(end) != '.') {
                end++;
            }
            if (end < text.length() && text.charAt(end) == '.') {
                long v4 = parseV4(text.substring(at));
                if (v4 < 0 || count > 6) {
                    return Optional.empty();
                }
                groups[count++] = (int) (v4 >>> 16);
                groups[count++] = (int) (v4 & 0xffff);
                at = text.length();
                break;
            }
            if (end == at || end - at > 4) {
                return Optional.empty();
            }
            int group = 0;
            for (int i = at; i < end; i++) {
                int digit = Character.digit(text.charAt(i), 16);
                if (digit < 0 || text.charAt(i) > 127) {
                    return Optional.empty();
                }
                group = group << 4 | digit;
            }
            groups[count++] = group;
            at = end;
            if (at == text.length()) {
                break;
            }
            at++;
            if (at < text.length() && text.charAt(at) == ':') {
                if (gapAt >= 0) {
                    return Optional.empty();
                }
                gapAt = count;
                at++;
            } else if (at == text.length()) {
                return Optional.empty();
            }
        }
        if (gapAt < 0 ? count != 8 : count > 7) {
            return Optional.empty();
        }
        return Optional.of(assemble(groups, count, gapAt));
    }

    private static IpAddress assemble(int[] groups, int count, int gapAt) {
        int[] all = new int[8];
        int head = gapAt < 0 ? count : gapAt;
        System.arraycopy(groups, 0, all, 0, head);
        System.arraycopy(groups, head, all, 8 - (count - head), count - head);
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | all[i];
            low = low << 16 | all[i + 4];
        }
        return new IpAddress(high, low);
    }

    static String print(IpAddress address) {
        if (address.isV4()) {
            int v4 = address.v4();
            return (v4 >>> 24) + "." + (v4 >>> 16 & 255) + "." + (v4 >>> 8 & 255) + "." + (v4 & 255);
        }
        int[] groups = new int[8];
        for (int i = 0; i < 4; i++) {
            groups[i] = (int) (address.high() >>> (48 - 16 * i)) & 0xffff;
            groups[i + 4] = (int) (address.low() >>> (48 - 16 * i)) & 0xffff;
        }
        int gapAt = -1;
        int gapLength = 1; // RFC 5952 4.2.2: a single zero group is not shortened
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && groups[i + run] == 0) {
                run++;
            }
            if (run > gapLength) {
                gapAt = i;
                gapLength = run;
            }
            i += run;
        }
        StringBuilder text = new StringBuilder(40);
        for (int i = 0; i < 8; i++) {
            if (i == gapAt) {
                text.append("::");
                i += gapLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
