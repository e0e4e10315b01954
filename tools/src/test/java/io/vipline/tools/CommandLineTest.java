package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Vipline.run(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @ParameterizedTest(name = "vipline {0} ends with {1} and says \"{2}\"")
    @CsvSource(delimiter = '|', textBlock = """
            --help                  | 0 | Examples:
            version                 | 0 | vipline 0.
            completion bash         | 0 | complete -F
            completion zsh          | 0 | bashcompinit
            completion fish         | 2 | expected one of [BASH, ZSH]
            ''                      | 2 | Which verb?
            version --hlep          | 2 | Unknown option: '--hlep'
            version --verbos        | 2 | Possible solutions: --verbose
            replay --sysctl nf_conntrack_udp_timout=9 in.pcap   | 2 | nearest are net.netfilter.nf_conntrack_udp_timeout,
            run --sysctl net/netfilter/nf_conntrak_tcp_loose=0  | 2 | nearest are net.netfilter.nf_conntrack_tcp_loose,
            verify --sysctl tcp_timeout_established=9           | 2 | nearest are net.netfilter.nf_conntrack_tcp_timeout_established,
            verify --sysctl nf_conntrack_tcp_loose=2            | 2 | '2' is no value of net.netfilter.nf_conntrack_tcp_loose: it takes 0 or 1, 1 by default
            verify --sysctl nf_conntrack_udp_timeout=0.5        | 2 | it takes seconds, 0 to 8589934, 30 by default
            verify --sysctl nf_conntrack_udp_timeout            | 2 | is not NAME=VALUE
            versoin                 | 2 | Did you mean: vipline version
            """)
    void exitCodesAndTheirWords(String line, int exitCode, String words) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(exitCode);
        assertThat(exitCode == ExitCode.OK ? out.toString() : err.toString()).contains(words);
        assertThat(exitCode == ExitCode.OK ? err.toString() : out.toString()).isEmpty();
    }

    @TestFactory
    @DisplayName("the help of every verb begins with three examples")
    Stream<DynamicTest> everyHelpBeginsWithThreeExamples() {
        List<CommandLine> commands = new ArrayList<>();
        collect(Vipline.commandLine(), commands);
        return commands.stream()
                .map(command -> DynamicTest.dynamicTest(command.getCommandName(), () -> {
                    List<String> lines = command.getUsageMessage().lines().toList();
                    assertThat(lines.getFirst()).isEqualTo("Examples:");
                    assertThat(lines.subList(1, 4))
                            .allMatch(line -> line.startsWith("  ") && line.contains("vipline "));
                    assertThat(command.getCommandSpec().usageMessage().header()).isNotEmpty();
                }));
    }

    private static void collect(CommandLine command, List<CommandLine> into) {
        into.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, into));
    }

    @Test
    @DisplayName("bash takes the completion, and completes verbs and flags with it")
    void completionCompletes() throws Exception {
        assertThat(run("completion", "bash")).isEqualTo(ExitCode.OK);
        String ask =
                "\ncompopt() { :; }; COMP_WORDS=(vipline %s) COMP_CWORD=%d; _complete_vipline; echo \"${COMPREPLY[@]}\"";
        assertThat(bash(out + String.format(ask, "gen", 1))).isEqualTo("generate\n");
        assertThat(bash(out + String.format(ask, "generate --conc", 2))).isEqualTo("--concurrent\n");
    }

    private static String bash(String script) throws Exception {
        Process bash = new ProcessBuilder("bash").redirectErrorStream(true).start();
        try (OutputStream in = bash.getOutputStream()) {
            in.write(script.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
        return said;
    }

    @Command(name = "fail")
    private record Failing(Exception failure) implements java.util.concurrent.Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            throw failure;
        }
    }

    private int fail(Exception failure, String... flags) {
        CommandLine command = Vipline.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        CommandLine failing = new CommandLine(new Failing(failure));
        command.addSubcommand(failing);
        failing.setErr(command.getErr()).setExecutionExceptionHandler(command.getExecutionExceptionHandler());
        return command.execute(
                Stream.concat(Stream.of(flags), Stream.of("fail")).toArray(String[]::new));
    }

    @Test
    @DisplayName("bad input lists every problem with its place and ends with 4")
    void badInput() {
        InputException failure = new InputException(List.of(
                Problem.error(new Origin("a.yaml", 3, 7), "port 0", "a port is 1 to 65535", "write one of them"),
                Problem.error(new Origin("b\u001b[2J.yaml", 4, 1), "no name", "every object has one", "name it"),
                Problem.warning(new Origin("a.yaml", 9, 1), "no endpoints", "no pod matches", "label one")));
        assertThat(fail(failure)).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).isEqualToNormalizingNewlines("""
                        a.yaml:3:7: port 0, a port is 1 to 65535, write one of them
                        b\\u001b[2J.yaml:4:1: no name, every object has one, name it
                        warning: a.yaml:9:1: no endpoints, no pod matches, label one
                        """);
    }

    @Test
    @DisplayName("any other failure is one line and ends with 1, with -v it is the stack as well")
    void otherFailures() {
        assertThat(fail(new NoSuchFileException("in.pcap"))).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).isEqualToNormalizingNewlines("vipline: in.pcap: no such file\n");
        assertThat(fail(new IllegalStateException("ring closed"), "-v")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("vipline: ring closed\n").contains("\tat io.vipline.tools");
    }

    @Test
    @DisplayName("text of others reaches the terminal without control characters")
    void terminalText() {
        assertThat(TerminalText.plain("web\u001b]0;owned\u0007\r\n\u202etxt é 日本"))
                .isEqualTo("web\\u001b]0;owned\\u0007\\u000d\\u000a\\u202etxt é 日本");
    }
}
