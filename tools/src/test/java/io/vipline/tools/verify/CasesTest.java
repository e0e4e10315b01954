package io.vipline.tools.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** dataplane/CASES.md says who judges what: everything that it names is there. */
class CasesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`([^`]+)`");

    private record Row(String title, String judge, String where, String whyNot) {
        List<String> named() {
            return NAMED.matcher(where)
                    .results()
                    .map(MatchResult::group)
                    .map(name -> name.substring(1, name.length() - 1))
                    .toList();
        }
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(ROOT.resolve("dataplane/CASES.md"))) {
            boolean isRow = line.startsWith("| ") && !line.startsWith("| case |");
            if (isRow) {
                String[] cells = line.substring(1).split("\\|", -1);
                rows.add(new Row(cells[0].strip(), cells[1].strip(), cells[2].strip(), cells[3].strip()));
            }
        }
        return rows;
    }

    @Test
    void aTableThatJudgesSaysWhyTheKernelDoesNot() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(60);
        assertThat(rows()).allSatisfy(row -> {
            assertThat(row.judge()).isIn("kernel", "table");
            assertThat(row.judge().equals("kernel") || !row.whyNot().isEmpty())
                    .as(row.title())
                    .isTrue();
            assertThat(row.named()).as(row.title()).isNotEmpty();
        });
    }

    @TestFactory
    Stream<DynamicTest> whatIsNamedIsThere() throws IOException {
        return rows().stream()
                .flatMap(row -> row.named().stream())
                .distinct()
                .map(name -> DynamicTest.dynamicTest(name, () -> check(name)));
    }

    private static void check(String name) throws IOException {
        int colon = name.indexOf(": ");
        String kind = colon < 0 ? "" : name.substring(0, colon);
        String what = name.substring(colon < 0 ? 0 : colon + 2);
        switch (kind) {
            case "story" ->
                assertThat(sources("tools/src/main/java/io/vipline/tools/verify"))
                        .anyMatch(text -> text.contains("Script") && text.contains("\"" + what));
            case "counts" ->
                assertThat(sources("tools/src/main/java/io/vipline/tools/verify"))
                        .anyMatch(text -> text.contains("counts.add(") && text.contains(what));
            case "frames" ->
                assertThat(Files.readAllLines(
                                ROOT.resolve("dataplane/src/test/resources/io/vipline/dataplane/frames.txt")))
                        .contains("case " + what);
            case "conntrack" -> assertThat(connections()).contains("== " + what);
            case "capture" -> capture(what);
            default -> test(what);
        }
    }

    private static List<String> connections() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : List.of("tcp", "nat", "fragments")) {
            String file = "tools/src/test/resources/io/vipline/tools/verify/conntrack-" + name + ".txt";
            lines.addAll(Files.readAllLines(ROOT.resolve(file)));
        }
        return lines;
    }

    /** The captures are read in place and may not be there. */
    private static void capture(String name) {
        Path captures = Path.of(System.getProperty("vipline.shared", "../../shared"), "captures");
        assertThat(!Files.isDirectory(captures) || Files.exists(captures.resolve(name)))
                .isTrue();
    }

    private static void test(String name) throws IOException {
        String[] parts = name.split("\\.");
        List<Path> files = new ArrayList<>();
        for (String module : List.of("rules", "dataplane", "tools")) {
            try (Stream<Path> all = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                all.filter(file -> file.endsWith(parts[0] + ".java")).forEach(files::add);
            }
        }
        assertThat(files).isNotEmpty();
        boolean isMethod = parts.length > 1;
        assertThat(files).anyMatch(file -> !isMethod || text(file).contains(" " + parts[1] + "("));
    }

    private static List<String> sources(String folder) throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
            return files.filter(Files::isRegularFile).map(CasesTest::text).toList();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new AssertionError(file.toString(), failure);
        }
    }
}
