package io.vipline.tools;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A count of at least 1, as people write it: {@code 500}, {@code 10k}, {@code 2M}, {@code 1G}; decimal thousands. */
final class CountConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        String digits = text.replaceFirst("[kMG]$", "");
        long factor = switch (text.substring(digits.length())) {
            case "k" -> 1_000;
            case "M" -> 1_000_000;
            case "G" -> 1_000_000_000;
            default -> 1;
        };
        try {
            long count = Math.multiplyExact(Long.parseLong(digits), factor);
            if (count >= 1) {
                return count;
            }
        } catch (ArithmeticException | NumberFormatException notACount) {
            // said below
        }
        throw new TypeConversionException("'" + text + "' is no count like 500, 10k or 2M");
    }
}
