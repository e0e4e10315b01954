package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C library's words for error numbers ({@code strerrorname_np}, {@code strerrordesc_np}: glibc 2.32). */
final class ErrnoText {
    private static final MethodHandle NAME = find("strerrorname_np");
    private static final MethodHandle SENTENCE = find("strerrordesc_np");
    private static final int LONGEST_BYTES = 256;

    private ErrnoText() {}

    /** As in {@code EBUSY}. */
    static String name(int errno) {
        return text(NAME, errno, "errno " + errno);
    }

    /** As in {@code Device or resource busy}. */
    static String sentence(int errno) {
        return text(SENTENCE, errno, "no text for it in this C library");
    }

    private static MethodHandle find(String function) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find(function)
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(ADDRESS, JAVA_INT)))
                .orElse(null);
    }

    private static String text(MethodHandle function, int errno, String otherwise) {
        if (function == null) {
            return otherwise;
        }
        try {
            MemorySegment text = (MemorySegment) function.invokeExact(errno);
            return text.address() == 0
                    ? otherwise
                    : text.reinterpret(LONGEST_BYTES).getString(0);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
