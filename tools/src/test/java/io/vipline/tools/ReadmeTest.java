package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs what README.md shows. In a block fenced as {@code console} a line {@code $ vipline …} is a command for bash, run in
 * one folder after those before it; lines up to the next command are what it prints on stdout, where {@code …} stands for
 * anything, alone on a line for any lines. Without such lines only the exit code is looked at.
 */
class ReadmeTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int TIMEOUT_SECONDS = 120;

    @TempDir
    private static Path folder;

    private record Example(String command, List<String> printed) {}

    @BeforeAll
    static void layOut() throws IOException {
        Files.createDirectories(folder.resolve("tools/examples"));
        try (Stream<Path> examples = Files.list(ROOT.resolve("tools/examples"))) {
            for (Path example : examples.toList()) {
                Files.copy(example, folder.resolve("tools/examples").resolve(example.getFileName()));
            }
        }
    }

    @TestFactory
    @DisplayName("every command of the README works and prints what it shows")
    Stream<DynamicTest> examples() throws IOException {
        List<Example> examples = examplesOf(Files.readAllLines(ROOT.resolve("README.md")));
        assertThat(examples).hasSizeGreaterThan(3);
        return examples.stream().map(example -> DynamicTest.dynamicTest(example.command, () -> check(example)));
    }

    private static List<Example> examplesOf(List<String> lines) {
        List<Example> examples = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (line.startsWith("```")) {
                inside = line.equals("```console");
            } else if (inside && line.startsWith("$ ")) {
                examples.add(new Example(line.substring(2), new ArrayList<>()));
            } else if (inside) {
                examples.getLast().printed.add(line);
            }
        }
        return examples;
    }

    private void check(Example example) throws Exception {
        Path stdout = folder.resolve("stdout");
        Path stderr = folder.resolve("stderr");
        Process bash = new ProcessBuilder("bash", "-eo", "pipefail", "-c", viplineFunction() + example.command)
                .directory(folder.toFile())
                .redirectOutput(stdout.toFile())
                .redirectError(stderr.toFile())
                .start();
        bash.getOutputStream().close();
        if (!bash.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            bash.destroyForcibly();
            throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s");
        }
        String printed = Files.readString(stdout);
        assertThat(bash.exitValue()).as(() -> printed + read(stderr)).isEqualTo(ExitCode.OK);
        if (!example.printed.isEmpty()) {
            assertThat(printed).matches(patternOf(example.printed));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The classes under test, started as the launcher starts them. */
    private static String viplineFunction() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String flags = "--add-exports java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED"
                + " --sun-misc-unsafe-memory-access=allow -Dagrona.disable.bounds.checks=true";
        return "vipline() { '" + java + "' " + flags + " -cp '" + System.getProperty("java.class.path")
                + "' io.vipline.tools.Vipline \"$@\"; }\n";
    }

    private static Pattern patternOf(List<String> printed) {
        StringBuilder pattern = new StringBuilder();
        for (String line : printed) {
            if (line.strip().equals("…")) {
                pattern.append("(.*\n)*?");
                continue;
            }
            String[] parts = line.split("…", -1);
            for (int i = 0; i < parts.length; i++) {
                pattern.append(i == 0 ? "" : ".*").append(Pattern.quote(parts[i]));
            }
            pattern.append("[ ]*\n");
        }
        return Pattern.compile(pattern.toString());
    }
}
