package io.vipline.tools;

import java.io.PrintWriter;

/**
 * What {@code tools/vipline} runs once after a build while the JVM records which classes are loaded and how they are
 * linked (JEP 483, JEP 514), so that the verbs start faster.
 */
final class StartTraining {
    private StartTraining() {}

    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out);
        Vipline.run(out, out, "--help");
        Vipline.run(out, out, "version");
    }
}
