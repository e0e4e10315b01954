package io.vipline.tools;

import io.vipline.rules.model.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What every verb has. A verb's {@code header} is its one line in {@code vipline --help}; its {@code footer} holds at
 * least three examples, which its own help begins with. {@code call} returns one of {@link ExitCode}; it throws
 * {@link InputException} for bad input, and any other exception for a failure, whose message is all that people see.
 */
public abstract class Verb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Data: buffered, UTF-8, flushed when the verb ends. */
    protected final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Progress, notes, errors: flushed by line. */
    protected final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    protected final CommandSpec spec() {
        return spec;
    }

    /** What Ctrl-C asks for. */
    final Interruption interruption() {
        return ((Vipline) spec.root().userObject()).interruption;
    }

    /** Shows problems that did not keep the verb from its work. */
    protected final void note(List<Problem> problems) {
        FailureReport.print(problems, err());
    }
}
