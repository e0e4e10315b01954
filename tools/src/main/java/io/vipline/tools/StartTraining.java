package io.vipline.tools;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code tools/vipline} runs once after a build while the JVM records which classes are loaded and how they are
 * linked (JEP 483, JEP 514), so that the verbs start faster.
 */
final class StartTraining {
    /** Words apart by blanks; an underscore is a blank within a word. */
    private static final List<String> COMMANDS = List.of(
            "--help",
            "version",
            "get -f FOLDER/shop.yaml nodes,pods,services -o wide",
            "compile -f FOLDER/shop.yaml",
            "explain -f FOLDER/shop.yaml tcp_10.0.0.5:40000_>_10.96.0.11:80",
            "generate -f FOLDER/shop.yaml -w FOLDER/in.pcap",
            "replay -f FOLDER/shop.yaml FOLDER/in.pcap -w FOLDER/out.pcapng",
            "replay -f FOLDER/shop.yaml FOLDER/in.pcap -o json");

    private StartTraining() {}

    public static void main(String[] arguments) throws IOException {
        PrintWriter out = new PrintWriter(System.out);
        Path folder = Files.createTempDirectory("vipline-training");
        try {
            DemoCluster.writeTo(folder.resolve("shop.yaml"));
            for (String command : COMMANDS) {
                String[] words = Stream.of(command.split(" "))
                        .map(word -> word.replace('_', ' ').replace("FOLDER", folder.toString()))
                        .toArray(String[]::new);
                Vipline.run(out, out, words);
                out.flush();
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}
