package io.vipline.dataplane.frame.capture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Capture files made byte by byte, independent of the writer. */
final class CaptureBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private ByteOrder order;

    private CaptureBytes(ByteOrder order) {
        this.order = order;
    }

    static CaptureBytes little() {
        return new CaptureBytes(ByteOrder.LITTLE_ENDIAN);
    }

    static CaptureBytes big() {
        return new CaptureBytes(ByteOrder.BIG_ENDIAN);
    }

    CaptureBytes order(ByteOrder order) {
        this.order = order;
        return this;
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }

    int size() {
        return bytes.size();
    }

    CaptureBytes u16(int value) {
        return raw(ByteBuffer.allocate(2).order(order).putShort((short) value).array());
    }

    CaptureBytes u32(long value) {
        return raw(ByteBuffer.allocate(4).order(order).putInt((int) value).array());
    }

    CaptureBytes i64(long value) {
        return raw(ByteBuffer.allocate(8).order(order).putLong(value).array());
    }

    CaptureBytes raw(byte... raw) {
        bytes.writeBytes(raw);
        return this;
    }

    CaptureBytes pcap(int magic, int snapLength, int linkType) {
        return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snapLength).u32(linkType);
    }

    CaptureBytes record(long seconds, long fraction, byte[] frame, long original) {
        return u32(seconds).u32(fraction).u32(frame.length).u32(original).raw(frame);
    }

    CaptureBytes section(byte... options) {
        CaptureBytes body =
                new CaptureBytes(order).u32(0x1a2b3c4d).u16(1).u16(0).i64(-1).raw(options);
        return block(0x0a0d0d0a, body);
    }

    CaptureBytes face(int linkType, int snapLength, byte... options) {
        return block(
                1, new CaptureBytes(order).u16(linkType).u16(0).u32(snapLength).raw(options));
    }

    CaptureBytes enhanced(int face, long ticks, byte[] frame, long original, byte... options) {
        CaptureBytes body =
                new CaptureBytes(order).u32(face).u32(ticks >>> 32).u32(ticks).u32(frame.length);
        return block(6, body.u32(original).raw(frame).padded().raw(options));
    }

    CaptureBytes oldPacket(int face, int drops, long ticks, byte[] frame, long original) {
        CaptureBytes body =
                new CaptureBytes(order).u16(face).u16(drops).u32(ticks >>> 32).u32(ticks);
        return block(2, body.u32(frame.length).u32(original).raw(frame).padded());
    }

    CaptureBytes simple(byte[] frame, long original) {
        return block(3, new CaptureBytes(order).u32(original).raw(frame).padded());
    }

    CaptureBytes block(int type, CaptureBytes body) {
        int length = 12 + body.padded().size();
        return u32(type).u32(length).raw(body.toBytes()).u32(length);
    }

    byte[] option(int code, byte... value) {
        return new CaptureBytes(order)
                .u16(code)
                .u16(value.length)
                .raw(value)
                .padded()
                .toBytes();
    }

    byte[] option(int code, String value) {
        return option(code, value.getBytes(StandardCharsets.UTF_8));
    }

    CaptureBytes padded() {
        while (bytes.size() % 4 != 0) {
            bytes.write(0xee);
        }
        return this;
    }

    /** A frame of so many bytes that all differ from their neighbours. */
    static byte[] frame(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i * 7 + length);
        }
        return frame;
    }
}
