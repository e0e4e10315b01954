package io.vipline.dataplane.frame.filter;

import java.io.Serial;

/** A filter expression that cannot be used; the message says why, and how to mend it. */
public final class FilterException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    public enum Reason {
        /** The person who wrote the expression can mend it. */
        EXPRESSION,
        /** The system lacks the library that compiles expressions. */
        LIBRARY_MISSING
    }

    private final Reason reason;

    FilterException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
