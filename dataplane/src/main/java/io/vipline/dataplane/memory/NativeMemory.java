package io.vipline.dataplane.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;

/**
 * A stretch of native memory. Frames, finished records, connections and rings are all seen through this one class.
 *
 * <p>Not Agrona's {@code UnsafeBuffer}, which may lie over a Java array: a store through it may then be to any object's
 * field, so the compiler reads all fields of a packet anew after each. Here every access is to native memory, which
 * aliases no field: parsing, copying and rewriting a frame take half the time (RewriteBenchmark).
 *
 * <p>Bounds are checked unless {@code agrona.disable.bounds.checks} is set. Values are in native byte order where none
 * is named. Does not own the memory, but for {@link #copyOf}; not safe between threads by itself.
 */
public final class NativeMemory {
    private static final boolean CHECKED = DirectBuffer.SHOULD_BOUNDS_CHECK;
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

    private long address;
    private int capacity;
    /** Keeps the memory of {@link #copyOf} for as long as somebody looks at it. */
    private MemorySegment owned;

    /** No memory: {@link #wrap} some. */
    public NativeMemory() {
        this(0, 0);
    }

    public NativeMemory(long address, int lengthBytes) {
        this.address = address;
        capacity = lengthBytes;
        owned = MemorySegment.NULL;
    }

    /** Memory of an arena, which keeps it. */
    public NativeMemory(MemorySegment segment) {
        this(segment.address(), Math.toIntExact(segment.byteSize()));
        if (!segment.isNative()) {
            throw new IllegalArgumentException("not native memory: " + segment);
        }
    }

    private NativeMemory(byte[] bytes) {
        owned = Arena.ofAuto().allocate(Math.max(1, bytes.length), 64);
        address = owned.address();
        capacity = bytes.length;
        putBytes(0, bytes);
    }

    /** A copy of its own, freed with the object. */
    public static NativeMemory copyOf(byte[] bytes) {
        return new NativeMemory(bytes);
    }

    /** Zeroed memory of its own, freed with the object. */
    public static NativeMemory allocate(int lengthBytes) {
        return new NativeMemory(new byte[lengthBytes]);
    }

    /** Looks at other memory from now on. */
    public void wrap(long newAddress, int lengthBytes) {
        address = newAddress;
        capacity = lengthBytes;
        owned = MemorySegment.NULL;
    }

    /** Looks at what the other looks at. */
    public void wrap(NativeMemory other) {
        address = other.address;
        capacity = other.capacity;
        owned = other.owned;
    }

    public long address() {
        return address;
    }

    /** Bytes. */
    public int capacity() {
        return capacity;
    }

    private void check(long index, int lengthBytes) {
        if (CHECKED && (index < 0 || lengthBytes < 0 || index > capacity - lengthBytes)) {
            throw new IndexOutOfBoundsException(lengthBytes + " bytes at " + index + " of " + capacity);
        }
    }

    /** What a field in network byte order is compared with, as {@link #getShort(int)} reads it. */
    public static short inNetworkOrder(short value) {
        return NATIVE == ByteOrder.BIG_ENDIAN ? value : Short.reverseBytes(value);
    }

    public byte getByte(long index) {
        check(index, 1);
        return UnsafeApi.getByte(address + index);
    }

    public short getShort(long index) {
        check(index, 2);
        return UnsafeApi.getShort(address + index);
    }

    public short getShort(long index, ByteOrder order) {
        short value = getShort(index);
        return order == NATIVE ? value : Short.reverseBytes(value);
    }

    public int getInt(long index) {
        check(index, 4);
        return UnsafeApi.getInt(address + index);
    }

    public int getInt(long index, ByteOrder order) {
        int value = getInt(index);
        return order == NATIVE ? value : Integer.reverseBytes(value);
    }

    public long getLong(long index) {
        check(index, 8);
        return UnsafeApi.getLong(address + index);
    }

    public long getLong(long index, ByteOrder order) {
        long value = getLong(index);
        return order == NATIVE ? value : Long.reverseBytes(value);
    }

    public void putByte(long index, byte value) {
        check(index, 1);
        UnsafeApi.putByte(address + index, value);
    }

    public void putShort(long index, short value) {
        check(index, 2);
        UnsafeApi.putShort(address + index, value);
    }

    public void putShort(long index, short value, ByteOrder order) {
        putShort(index, order == NATIVE ? value : Short.reverseBytes(value));
    }

    public void putInt(long index, int value) {
        check(index, 4);
        UnsafeApi.putInt(address + index, value);
    }

    public void putInt(long index, int value, ByteOrder order) {
        putInt(index, order == NATIVE ? value : Integer.reverseBytes(value));
    }

    public void putLong(long index, long value) {
        check(index, 8);
        UnsafeApi.putLong(address + index, value);
    }

    /** Two neighbouring ints, written with one store. */
    public void putPair(long index, int first, int second) {
        boolean isLittle = NATIVE == ByteOrder.LITTLE_ENDIAN;
        putLong(index, Integer.toUnsignedLong(isLittle ? first : second) | (long) (isLittle ? second : first) << 32);
    }

    public void putLong(long index, long value, ByteOrder order) {
        putLong(index, order == NATIVE ? value : Long.reverseBytes(value));
    }

    /** Reads what another thread wrote before its release store. */
    public int getIntVolatile(long index) {
        check(index, 4);
        return UnsafeApi.getIntVolatile(null, address + index);
    }

    public void putBytes(long index, NativeMemory from, long fromIndex, int lengthBytes) {
        check(index, lengthBytes);
        from.check(fromIndex, lengthBytes);
        UnsafeApi.copyMemory(from.address + fromIndex, address + index, lengthBytes);
    }

    public void putBytes(long index, byte[] from) {
        putBytes(index, from, 0, from.length);
    }

    public void putBytes(long index, byte[] from, int fromIndex, int lengthBytes) {
        check(index, lengthBytes);
        MemorySegment.copy(MemorySegment.ofArray(from), fromIndex, segment(index, lengthBytes), 0, lengthBytes);
    }

    public void getBytes(long index, byte[] to) {
        getBytes(index, to, 0, to.length);
    }

    public void getBytes(long index, byte[] to, int toIndex, int lengthBytes) {
        check(index, lengthBytes);
        MemorySegment.copy(segment(index, lengthBytes), 0, MemorySegment.ofArray(to), toIndex, lengthBytes);
    }

    private MemorySegment segment(long index, int lengthBytes) {
        return MemorySegment.ofAddress(address + index).reinterpret(lengthBytes);
    }

    public void setMemory(long index, int lengthBytes, byte value) {
        check(index, lengthBytes);
        UnsafeApi.setMemory(address + index, lengthBytes, value);
    }
}
