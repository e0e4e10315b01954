package io.vipline.tools;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root command: {@code vipline VERB …}. */
@Command(
        name = "vipline",
        header = "The data path of Kubernetes Services, in user space.",
        subcommands = {
            // in the order of the help
            Demo.class,
            GetCommand.class,
            Compile.class,
            Explain.class,
            Replay.class,
            Run.class,
            Verify.class,
            Generate.class,
            Version.class,
            Completion.class
        },
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        footer = {
            "  vipline demo",
            "  vipline explain -f cluster.yaml 'tcp 10.0.0.5:40000 > 10.96.0.10:80'",
            "  vipline replay -f cluster.yaml in.pcap -w out.pcapng"
        })
public final class Vipline implements Runnable {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this.")
    private boolean helpAsked;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show where a failure came from.")
    boolean verbose;

    final Interruption interruption = new Interruption();

    @Spec
    private CommandSpec spec;

    private Vipline() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which verb?");
    }

    public static void main(String[] arguments) {
        PrintWriter out = utf8(FileDescriptor.out, false);
        PrintWriter err = utf8(FileDescriptor.err, true);
        Vipline root = new Vipline();
        root.interruption.watch();
        int exitCode = root.execute(out, err, arguments);
        root.interruption.end();
        System.exit(exitCode);
    }

    /** Runs one command within this process. @return one of {@link ExitCode} */
    public static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return new Vipline().execute(out, err, arguments);
    }

    private int execute(PrintWriter out, PrintWriter err, String... arguments) {
        int exitCode = commandLine(this).setOut(out).setErr(err).execute(arguments);
        err.flush();
        // a reader that closed the pipe early (head, less) wants no more: that is its right, but the work is not done
        return out.checkError() && exitCode == ExitCode.OK ? ExitCode.FAILED : exitCode;
    }

    /** The whole model, from which help, completion and man page are made. */
    static CommandLine commandLine() {
        return commandLine(new Vipline());
    }

    private static CommandLine commandLine(Vipline root) {
        FailureReport failures = new FailureReport(root);
        CommandLine command = new CommandLine(root)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setAbbreviatedOptionsAllowed(false)
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures);
        examplesFirst(command);
        return command;
    }

    /** Help begins with examples: a verb writes them as its {@code footer}. */
    private static void examplesFirst(CommandLine command) {
        List<String> sections = new ArrayList<>(command.getHelpSectionKeys());
        List<String> examples =
                List.of(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING, UsageMessageSpec.SECTION_KEY_FOOTER);
        sections.removeAll(examples);
        sections.addAll(0, examples);
        command.setHelpSectionKeys(sections);
        headExamples(command);
    }

    private static void headExamples(CommandLine command) {
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.footerHeading("Examples:%n").headerHeading("%n");
        // not wrapped: an example is copied as a whole
        command.getHelpSectionMap()
                .put(UsageMessageSpec.SECTION_KEY_FOOTER, help -> String.join("\n", usage.footer()) + "\n");
        command.getSubcommands().values().forEach(Vipline::headExamples);
    }

    private static PrintWriter utf8(FileDescriptor descriptor, boolean autoFlush) {
        return new PrintWriter(
                new BufferedWriter(
                        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), 1 << 16),
                autoFlush);
    }
}
