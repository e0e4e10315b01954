package io.vipline.rules.manifest;

import io.vipline.rules.manifest.Tree.Kind;
import io.vipline.rules.manifest.Tree.Scalar;
import java.math.BigInteger;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an unquoted YAML scalar stands for, as the API machinery's parser decides it (sigs.k8s.io/yaml, goyaml.v2
 * {@code resolve.go}): YAML 1.1 booleans and octal numbers, but no sexagesimal numbers and no dates.
 */
final class PlainScalar {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUES =
            Set.of("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y");
    private static final Set<String> FALSES =
            Set.of("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N");
    private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    /** Longer digits are no number that any field could hold. */
    private static final int MAX_NUMBER_LENGTH = 64;

    private PlainScalar() {}

    static Scalar resolve(String text, int line, int column) {
        if (NULLS.contains(text)) {
            return new Scalar("", Kind.NULL, line, column);
        }
        if (TRUES.contains(text) || FALSES.contains(text)) {
            return new Scalar(text, Kind.BOOLEAN, line, column);
        }
        if (text.length() <= MAX_NUMBER_LENGTH && "+-.0123456789".indexOf(text.charAt(0)) >= 0) {
            String digits = text.replace("_", "");
            if (integer(digits) != null) {
                return new Scalar(text, Kind.INTEGER, line, column);
            }
            if (FLOAT.matcher(digits).matches()) {
                return new Scalar(text, Kind.FLOAT, line, column);
            }
        }
        return new Scalar(text, Kind.STRING, line, column);
    }

    /** @param text of a boolean */
    static boolean isTrue(String text) {
        return TRUES.contains(text);
    }

    /** The value of an {@link Kind#INTEGER} scalar. @return null if the text is none */
    static BigInteger integer(String text) {
        String digits = text.replace("_", "");
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = 10;
        if (digits.startsWith("0x") || digits.startsWith("0b") || digits.startsWith("0o")) {
            radix = digits.charAt(1) == 'x' ? 16 : digits.charAt(1) == 'b' ? 2 : 8;
            digits = digits.substring(2);
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            radix = 8;
        }
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) > 'f' || Character.digit(digits.charAt(i), radix) < 0) {
                return null;
            }
        }
        if (digits.isEmpty()) {
            return null;
        }
        BigInteger value = new BigInteger(digits, radix);
        return negative ? value.negate() : value;
    }
}
