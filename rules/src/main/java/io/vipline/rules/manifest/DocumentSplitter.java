package io.vipline.rules.manifest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;

/**
 * Cuts a stream at its {@code ---} lines, as kubectl does ({@code k8s.io/apimachinery/pkg/util/yaml},
 * {@code splitYAMLDocument}), so that a broken document spares the others.
 */
final class DocumentSplitter {
    /** Characters of one document; a dump of a cluster of 5,000 nodes has some 100 million. */
    static final int MAX_DOCUMENT_CHARACTERS = 256 << 20;

    /**
     * @param text with its {@code ---} line, if any
     * @param firstLine of the text within the stream, from 1
     */
    record Chunk(String text, int firstLine) {}

    private final BufferedReader reader;
    private final StringBuilder text = new StringBuilder();
    private String pendingMarker;
    private int linesRead;
    private int firstLine = 1;

    DocumentSplitter(Reader reader) {
        this.reader = new BufferedReader(reader, 1 << 16);
    }

    /** @return the next chunk; null at the end */
    Chunk next() throws IOException, UnreadableDocument {
        text.setLength(0);
        if (pendingMarker != null) {
            text.append(pendingMarker).append('\n');
            firstLine = linesRead;
            pendingMarker = null;
        } else {
            firstLine = linesRead + 1;
        }
        boolean onlyDirectives = text.isEmpty();
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith("---") && (line.length() == 3 || Character.isWhitespace(line.charAt(3)))) {
                if (!onlyDirectives) {
                    pendingMarker = line;
                    return new Chunk(text.toString(), firstLine);
                }
                onlyDirectives = false; // %YAML and comments belong to the document that the marker opens
            } else if (!line.isBlank() && line.charAt(0) != '%' && line.charAt(0) != '#') {
                onlyDirectives = false;
            }
            text.append(line).append('\n');
        }
        return text.isEmpty() ? null : new Chunk(text.toString(), firstLine);
    }

    private String line() throws IOException, UnreadableDocument {
        StringBuilder line = null;
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (line == null) {
                line = new StringBuilder(80);
                linesRead++;
            }
            if (c == '\n') {
                break;
            }
            if (text.length() + line.length() >= MAX_DOCUMENT_CHARACTERS) {
                throw new UnreadableDocument(
                        linesRead, 1, "a document has more than 256 Mi characters", "split it with --- lines");
            }
            line.append((char) c);
        }
        if (line == null) {
            return null;
        }
        if (linesRead == 1 && !line.isEmpty() && line.charAt(0) == '\ufeff') {
            line.deleteCharAt(0);
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        return line.toString();
    }
}
