package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Asks about and sets up an interface of the calling thread's network namespace ({@code netdevice(7)}). */
final class InterfaceControl implements AutoCloseable {
    /** {@code struct ifreq}: 16 bytes of name, then what the request is about. */
    private static final int IFREQ_BYTES = 40;

    private static final int VALUE_AT = 16;
    /** Within the value, {@code struct sockaddr}'s address follows its family. */
    private static final int ADDRESS_AT = VALUE_AT + 2;

    private final Arena arena = Arena.ofConfined();
    private final SystemCalls calls = new SystemCalls(arena);
    private final String name;
    private final int socket;

    /** @throws IllegalArgumentException if no interface can have such a name */
    InterfaceControl(String name) {
        requireName(name);
        this.name = name;
        int type = Linux.SOCK_DGRAM | Linux.SOCK_CLOEXEC;
        this.socket = SystemCalls.check("socket", calls.socket(Linux.AF_INET, type, 0));
    }

    static void requireName(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes >= Linux.IFNAMSIZ) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no interface's name: these have 1 to " + (Linux.IFNAMSIZ - 1) + " bytes");
        }
    }

    /** A {@code struct ifreq} with the name filled in. */
    static MemorySegment request(Arena arena, String name) {
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        request.setString(0, name);
        return request;
    }

    private MemorySegment ask(String call, long number) {
        MemorySegment request = request(arena, name);
        SystemCalls.check(call + " " + name, calls.ioctl(socket, number, request.address()));
        return request;
    }

    /** @return the Ethernet address in the low 48 bits */
    long hardwareAddress() {
        MemorySegment answer = ask("ioctl SIOCGIFHWADDR", Linux.SIOCGIFHWADDR);
        long address = 0;
        for (int i = 0; i < 6; i++) {
            address = address << 8 | answer.get(JAVA_BYTE, ADDRESS_AT + i) & 0xff;
        }
        return address;
    }

    int mtuBytes() {
        return ask("ioctl SIOCGIFMTU", Linux.SIOCGIFMTU).get(JAVA_INT, VALUE_AT);
    }

    boolean isUp() {
        return (flags() & Linux.IFF_UP) != 0;
    }

    private short flags() {
        return ask("ioctl SIOCGIFFLAGS", Linux.SIOCGIFFLAGS).get(JAVA_SHORT, VALUE_AT);
    }

    void bringUp() {
        MemorySegment request = request(arena, name);
        request.set(JAVA_SHORT, VALUE_AT, (short) (flags() | Linux.IFF_UP));
        SystemCalls.check("ioctl SIOCSIFFLAGS " + name, calls.ioctl(socket, Linux.SIOCSIFFLAGS, request.address()));
    }

    @Override
    public void close() {
        calls.close(socket);
        arena.close();
    }
}
