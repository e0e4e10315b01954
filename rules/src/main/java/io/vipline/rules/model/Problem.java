package io.vipline.rules.model;

/**
 * Something wrong with the input, for a person to mend.
 *
 * @param what the fault, naming the value at fault
 * @param why the rule it breaks
 * @param mend what to write instead
 */
public record Problem(Severity severity, Origin origin, String what, String why, String mend) {
    /** Whether the input can be used in spite of it. */
    public enum Severity {
        /** Nothing is wrong: something was passed over, or decided for the writer. */
        NOTE,
        WARNING,
        ERROR
    }

    public static Problem error(Origin origin, String what, String why, String mend) {
        return new Problem(Severity.ERROR, origin, what, why, mend);
    }

    public static Problem warning(Origin origin, String what, String why, String mend) {
        return new Problem(Severity.WARNING, origin, what, why, mend);
    }

    public static Problem note(Origin origin, String what, String why, String mend) {
        return new Problem(Severity.NOTE, origin, what, why, mend);
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** {@code file:line:column: what, why, how to mend}, the form of contract/cli.md; a flag has no line. */
    @Override
    public String toString() {
        String place = origin.line() == 0 ? "" : ":" + origin.line() + ":" + origin.column();
        return origin.source() + place + ": " + what + ", " + why + ", " + mend;
    }
}
