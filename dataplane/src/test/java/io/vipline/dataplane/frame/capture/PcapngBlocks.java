package io.vipline.dataplane.frame.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The blocks of a little-endian pcapng file as lines of text, independent of the reader. */
final class PcapngBlocks {
    private static final int SECTION = 0x0a0d0d0a;

    private static final int NONE = -1;

    private final ByteBuffer file;

    private PcapngBlocks(byte[] bytes) {
        file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static List<String> list(byte[] bytes) {
        return new PcapngBlocks(bytes).blocks();
    }

    private List<String> blocks() {
        List<String> lines = new ArrayList<>();
        while (file.hasRemaining()) {
            int start = file.position();
            int type = file.getInt();
            int length = file.getInt();
            if (length % 4 != 0 || file.getInt(start + length - 4) != length) {
                throw new IllegalStateException("lengths of the block at " + start);
            }
            lines.add(line(type, start + length - 4));
            file.position(start + length);
        }
        return lines;
    }

    private String line(int type, int end) {
        return switch (type) {
            case SECTION ->
                "section magic=" + hex(4) + " version=" + hex(4) + " length=" + file.getLong() + options(end, 4);
            case 1 -> "interface link=" + file.getInt() + " snap=" + file.getInt() + options(end, 2);
            case 4 -> "names" + names(end);
            case 5 -> "statistics of=" + file.getInt() + " time=" + time() + options(end, NONE);
            case 6 -> packet(end);
            default -> throw new IllegalStateException("block of type " + type);
        };
    }

    private String packet(int end) {
        String head = "packet of=" + file.getInt() + " time=" + time();
        int captured = file.getInt();
        return head + " captured=" + captured + " original=" + file.getInt() + " " + padded(captured) + options(end, 1);
    }

    private long time() {
        return (long) file.getInt() << 32 | Integer.toUnsignedLong(file.getInt());
    }

    private String options(int end, int textCode) {
        StringBuilder text = new StringBuilder();
        while (file.position() < end) {
            int code = file.getShort();
            String value = padded(Short.toUnsignedInt(file.getShort()));
            if (code == 0 && value.isEmpty() && file.position() == end) {
                return text.append(" .").toString();
            }
            text.append(' ').append(code).append('=').append(code == textCode ? text(value) : value);
        }
        return text.append(" without end").toString();
    }

    private String names(int end) {
        StringBuilder text = new StringBuilder();
        while (file.position() < end) {
            int code = file.getShort();
            String value = padded(Short.toUnsignedInt(file.getShort()));
            if (code == 0 && value.isEmpty() && file.position() == end) {
                return text.append(" .").toString();
            }
            int addressDigits = code == 1 ? 8 : 32;
            text.append(' ').append(value, 0, addressDigits).append('=');
            text.append(text(value.substring(addressDigits)).replace("\0", "/"));
        }
        return text.append(" without end").toString();
    }

    private static String text(String hex) {
        return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
    }

    private String padded(int length) {
        String hex = hex(length);
        while (file.position() % 4 != 0) {
            if (file.get() != 0) {
                throw new IllegalStateException("padding that is not zero before " + file.position());
            }
        }
        return hex;
    }

    private String hex(int length) {
        byte[] bytes = new byte[length];
        file.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
