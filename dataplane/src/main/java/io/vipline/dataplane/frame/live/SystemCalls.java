package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The system calls that live frames need. Each returns what the kernel does: the result, or the error number negated;
 * {@link #check} turns the latter into an exception. Addresses of native memory are plain longs, so that no call makes an
 * object; the caller keeps that memory alive. One instance a thread: it holds the place that errno is caught in.
 *
 * <p>None of the calls is {@code critical}: each may block or sleep in the kernel, and would hold up a safepoint.
 */
final class SystemCalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = CAPTURE.byteOffset(PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READ = handle("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITEV = handle("writev", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SOCKET = handle("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = handle("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SOCKET_NAME = handle("getsockname", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SET_OPTION =
            handle("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GET_OPTION =
            handle("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RECEIVE =
            handle("recvmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle SEND = handle("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle POLL = handle("poll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle INDEX = handle("if_nametoindex", JAVA_INT, ADDRESS);
    private static final MethodHandle SETNS = handle("setns", JAVA_INT, JAVA_INT, JAVA_INT);

    private final MemorySegment state;

    SystemCalls(Arena arena) {
        state = arena.allocate(CAPTURE);
    }

    private static MethodHandle handle(String name, ValueLayout result, ValueLayout... parameters) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, parameters),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(
            String name, int firstVariadic, ValueLayout result, ValueLayout... parameters) {
        List<Linker.Option> options = new ArrayList<>();
        options.add(Linker.Option.captureCallState("errno"));
        options.add(Linker.Option.firstVariadicArg(firstVariadic));
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, parameters),
                options.toArray(Linker.Option[]::new));
    }

    /**
     * @param call the call and what it was about, for the message
     * @param result as the calls here return it
     * @return the result
     * @throws SystemCallException if the result is an error
     */
    static int check(String call, int result) {
        if (result < 0) {
            throw new SystemCallException(call, -result);
        }
        return result;
    }

    private int outcome(int result) {
        return result >= 0 ? result : -state.get(JAVA_INT, ERRNO_OFFSET);
    }

    private static AssertionError impossible(Throwable cause) {
        return new AssertionError("a downcall throws nothing", cause);
    }

    /** open(2). @return a file descriptor */
    int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return outcome((int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, 0));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** close(2) */
    int close(int descriptor) {
        try {
            return outcome((int) CLOSE.invokeExact(state, descriptor));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** ioctl(2). @param argument a number, or an address */
    int ioctl(int descriptor, long request, long argument) {
        try {
            return outcome((int) IOCTL.invokeExact(state, descriptor, request, argument));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** read(2). @return bytes read */
    int read(int descriptor, long address, long bytes) {
        try {
            return outcome((int) (long) READ.invokeExact(state, descriptor, address, bytes));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** writev(2). @param vectors address of {@code count} iovecs @return bytes written */
    int writev(int descriptor, long vectors, int count) {
        try {
            return outcome((int) (long) WRITEV.invokeExact(state, descriptor, vectors, count));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** socket(2). @return a file descriptor */
    int socket(int domain, int type, int protocol) {
        try {
            return outcome((int) SOCKET.invokeExact(state, domain, type, protocol));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** bind(2) */
    int bind(int descriptor, long address, int bytes) {
        try {
            return outcome((int) BIND.invokeExact(state, descriptor, address, bytes));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** getsockname(2). @param length address of an int: bytes at {@code address} */
    int socketName(int descriptor, long address, long length) {
        try {
            return outcome((int) SOCKET_NAME.invokeExact(state, descriptor, address, length));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** setsockopt(2) */
    int setOption(int descriptor, int level, int option, MemorySegment value) {
        try {
            int bytes = (int) value.byteSize();
            return outcome((int) SET_OPTION.invokeExact(state, descriptor, level, option, value.address(), bytes));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** getsockopt(2). @param length address of an int: bytes at {@code value} */
    int getOption(int descriptor, int level, int option, long value, long length) {
        try {
            return outcome((int) GET_OPTION.invokeExact(state, descriptor, level, option, value, length));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** recvmmsg(2) without waiting. @param messages address of {@code count} mmsghdrs @return messages received */
    int receive(int descriptor, long messages, int count) {
        try {
            int flags = Linux.MSG_DONTWAIT | Linux.MSG_TRUNC;
            return outcome((int) RECEIVE.invokeExact(state, descriptor, messages, count, flags, 0L));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** sendmmsg(2) without waiting. @param messages address of {@code count} mmsghdrs @return messages sent */
    int send(int descriptor, long messages, int count) {
        try {
            return outcome((int) SEND.invokeExact(state, descriptor, messages, count, Linux.MSG_DONTWAIT));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** poll(2). @param descriptors address of {@code count} pollfds @return how many of them have an event */
    int poll(long descriptors, int count, int timeoutMs) {
        try {
            return outcome((int) POLL.invokeExact(state, descriptors, (long) count, timeoutMs));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** if_nametoindex(3). @return the interface's index, from 1 */
    int interfaceIndex(String name) {
        try (Arena arena = Arena.ofConfined()) {
            int index = (int) INDEX.invokeExact(state, arena.allocateFrom(name));
            return index == 0 ? -state.get(JAVA_INT, ERRNO_OFFSET) : index;
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }

    /** setns(2): the calling thread, and it alone, moves to another network namespace */
    int enterNetworkNamespace(int descriptor) {
        try {
            return outcome((int) SETNS.invokeExact(state, descriptor, Linux.CLONE_NEWNET));
        } catch (Throwable cause) {
            throw impossible(cause);
        }
    }
}
