package io.vipline.dataplane.frame.capture;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import java.nio.charset.StandardCharsets;

/**
 * Writes one pcapng block after the other: its type and both lengths, fields, padding of zeros, and options. Options
 * and the records of a Name Resolution Block have one form: code, length, value, padding. Little-endian.
 */
final class BlockWriter {
    /** Characters of an option's text: three bytes each at most, in a length of 16 bits. */
    static final int MAX_TEXT_CHARS = 21_800;

    private static final int BLOCK_HEADER_BYTES = 8;
    private static final int OPTION_HEADER_BYTES = 4;
    private static final int TRAILER_BYTES = 4;

    private RecordFile file;
    private NativeMemory out;
    private int start;
    private int optionStart;
    private int at;

    /** @param bodyBytes upper limit of what will be written before {@link #close}, options with their headers */
    void begin(RecordFile into, int type, int bodyBytes) {
        file = into;
        start = into.place(BLOCK_HEADER_BYTES + bodyBytes + TRAILER_BYTES);
        out = into.buffer;
        out.putInt(start, type, LITTLE_ENDIAN);
        at = start + BLOCK_HEADER_BYTES;
    }

    void close() {
        int length = at + TRAILER_BYTES - start;
        out.putInt(start + 4, length, LITTLE_ENDIAN);
        out.putInt(at, length, LITTLE_ENDIAN);
        file.add(length);
    }

    /** Bytes of the block so far. */
    int lengthBytes() {
        return at - start;
    }

    BlockWriter int8(int value) {
        out.putByte(at, (byte) value);
        at += 1;
        return this;
    }

    BlockWriter int16(int value) {
        out.putShort(at, (short) value, LITTLE_ENDIAN);
        at += 2;
        return this;
    }

    BlockWriter int32(int value) {
        out.putInt(at, value, LITTLE_ENDIAN);
        at += 4;
        return this;
    }

    BlockWriter int64(long value) {
        out.putLong(at, value, LITTLE_ENDIAN);
        at += 8;
        return this;
    }

    /** A time stamp: the high half first, whatever the byte order. */
    BlockWriter time(long timeNs) {
        return int32((int) (timeNs >>> 32)).int32((int) timeNs);
    }

    /** Bytes and their padding. */
    BlockWriter bytes(NativeMemory memory, int index, int lengthBytes) {
        out.putBytes(at, memory, index, lengthBytes);
        at += lengthBytes;
        return padded();
    }

    BlockWriter utf8(CharSequence text, int maxChars) {
        int chars = Math.min(text.length(), maxChars);
        for (int i = 0; i < chars; i++) {
            if (text.charAt(i) >= 0x80) {
                byte[] encoded = text.subSequence(0, chars).toString().getBytes(StandardCharsets.UTF_8);
                out.putBytes(at, encoded);
                at += encoded.length;
                return this;
            }
            out.putByte(at + i, (byte) text.charAt(i));
        }
        at += chars;
        return this;
    }

    BlockWriter beginOption(int code) {
        optionStart = at;
        out.putShort(at, (short) code, LITTLE_ENDIAN);
        at += OPTION_HEADER_BYTES;
        return this;
    }

    BlockWriter endOption() {
        out.putShort(optionStart + 2, (short) (at - optionStart - OPTION_HEADER_BYTES), LITTLE_ENDIAN);
        return padded();
    }

    BlockWriter text(int code, CharSequence text, int maxChars) {
        return beginOption(code).utf8(text, maxChars).endOption();
    }

    BlockWriter endOptions() {
        return int32(0);
    }

    private BlockWriter padded() {
        while ((at - start & 3) != 0) {
            int8(0);
        }
        return this;
    }
}
