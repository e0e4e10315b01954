package io.vipline.tools;

import picocli.CommandLine.Help.Ansi;

/**
 * Colours for a terminal; none where output goes elsewhere or {@code NO_COLOR} asks for none. They never mean anything
 * that the words do not say.
 */
public enum Palette {
    PLAIN,
    COLOURED;

    private static final String ESCAPE = "\u001b[";
    private static final String RESET = ESCAPE + "0m";

    /** For stdout as this process has it. */
    public static Palette ofTerminal() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        boolean wanted = System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
        return terminal && wanted && Ansi.AUTO.enabled() ? COLOURED : PLAIN;
    }

    public String bold(String text) {
        return in("1", text);
    }

    public String dim(String text) {
        return in("2", text);
    }

    public String red(String text) {
        return in("31", text);
    }

    public String green(String text) {
        return in("32", text);
    }

    public String yellow(String text) {
        return in("33", text);
    }

    public String cyan(String text) {
        return in("36", text);
    }

    private String in(String code, String text) {
        return this == PLAIN || text.isEmpty() ? text : ESCAPE + code + "m" + text + RESET;
    }
}
