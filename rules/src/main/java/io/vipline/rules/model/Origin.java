package io.vipline.rules.model;

/**
 * Where a thing was written.
 *
 * @param source file name as given on the command line, {@code -} for stdin, or what made the thing up
 * @param line from 1; 0 if there is none
 * @param column from 1; 0 if there is none
 */
public record Origin(String source, int line, int column) {
    public static Origin madeUp(String by) {
        return new Origin(by, 0, 0);
    }

    /** {@code web.yaml:12}, the form that explanations quote. */
    @Override
    public String toString() {
        return line == 0 ? source : source + ":" + line;
    }
}
