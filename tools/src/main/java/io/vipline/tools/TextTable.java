package io.vipline.tools;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns as kubectl sets them: padded to the widest cell and three spaces, the last one not at all. */
public final class TextTable {
    private static final int MIN_WIDTH = 6;
    private static final int PADDING = 3;

    private final List<List<String>> rows = new ArrayList<>();

    public void add(List<String> cells) {
        rows.add(cells.stream().map(TerminalText::plain).toList());
    }

    public void print(PrintWriter out) {
        int[] widths = widths();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(row.get(column));
                if (column < row.size() - 1) {
                    line.repeat(' ', widths[column] - row.get(column).length());
                }
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private int[] widths() {
        int[] widths = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
        for (List<String> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                int wanted = Math.max(row.get(column).length() + PADDING, MIN_WIDTH);
                widths[column] = Math.max(widths[column], wanted);
            }
        }
        return widths;
    }
}
