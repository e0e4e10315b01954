package io.vipline.tools.get;

import io.vipline.tools.TerminalText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns as kubectl sets them: padded to the widest cell and three spaces, the last one not at all. */
final class TextTable {
    private static final int MIN_WIDTH = 6;
    private static final int PADDING = 3;

    private final List<List<String>> rows = new ArrayList<>();

    void add(List<String> cells) {
        rows.add(cells.stream().map(TerminalText::plain).toList());
    }

    void print(PrintWriter out) {
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(row.get(column));
                if (column < row.size() - 1) {
                    line.repeat(' ', width(column) - row.get(column).length());
                }
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private int width(int column) {
        int widest =
                rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
        return Math.max(widest + PADDING, MIN_WIDTH);
    }
}
