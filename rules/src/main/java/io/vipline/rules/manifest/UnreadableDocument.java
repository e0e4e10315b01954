package io.vipline.rules.manifest;

/** A document that is no YAML or JSON: where it breaks, and what to do. Line and column from 1, within the document. */
final class UnreadableDocument extends Exception {
    private static final long serialVersionUID = 1L;

    final int line;
    final int column;
    final String why;
    final String mend;

    UnreadableDocument(int line, int column, String why, String mend) {
        super(why);
        this.line = line;
        this.column = column;
        this.why = why;
        this.mend = mend;
    }
}
