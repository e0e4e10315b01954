package io.vipline.tools;

import io.vipline.rules.model.Problem;
import java.util.List;

/** Input that cannot be used: ends the verb with {@link ExitCode#BAD_INPUT}, every problem on stderr. */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** @param problems all that was found, errors and warnings, in the order they are to be shown */
    public InputException(List<Problem> problems) {
        super(problems.size() + " problems in the input");
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
