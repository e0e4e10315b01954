package io.vipline.tools;

import io.vipline.dataplane.frame.filter.FilterException;
import io.vipline.rules.model.Problem;
import java.io.FileNotFoundException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into lines on stderr and an exit code. */
final class FailureReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Vipline root;

    FailureReport(Vipline root) {
        this.root = root;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(TerminalText.plain(failure.getMessage()));
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (failure instanceof InputException input) {
            print(input.problems(), err);
            return ExitCode.BAD_INPUT;
        }
        err.println("vipline: " + TerminalText.plain(message(failure)));
        if (root.verbose) {
            failure.printStackTrace(err);
        }
        boolean isWrongFilter =
                failure instanceof FilterException filter && filter.reason() == FilterException.Reason.EXPRESSION;
        return isWrongFilter ? ExitCode.USAGE : ExitCode.FAILED;
    }

    static void print(List<Problem> problems, PrintWriter err) {
        for (Problem problem : problems) {
            String mark = switch (problem.severity()) {
                case ERROR -> "";
                case WARNING -> "warning: ";
                case NOTE -> "note: ";
            };
            err.println(mark + TerminalText.plain(problem.toString()));
        }
    }

    /** The JDK's file exceptions have the bare path for a message. */
    static String message(Exception failure) {
        return switch (failure) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileNotFoundException missing -> missing.getMessage();
            default ->
                failure.getMessage() == null
                        ? failure.getClass().getSimpleName() + " (-v shows where)"
                        : failure.getMessage();
        };
    }
}
