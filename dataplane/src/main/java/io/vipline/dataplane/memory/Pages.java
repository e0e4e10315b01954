package io.vipline.dataplane.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Zeroed memory for tables, straight from the kernel: a page costs nothing until it is written to, and large tables lie in
 * huge pages if the kernel has some to give ({@code madvise}), for a look at a random place in 100 MB of small ones costs
 * as much for the page tables as for the place. Linux; elsewhere memory as the JVM gives it.
 */
public final class Pages {
    /** What a table of that size, or a multiple, lies in best. */
    public static final int HUGE_BYTES = 1 << 21;

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MADV_HUGEPAGE = 14;
    private static final long FAILED = -1;

    private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");

    private Pages() {}

    /** The calls: looked up when first needed, on Linux only. */
    private static final class Calls {
        static final MethodHandle MMAP =
                handle("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
        static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
        static final MethodHandle MADVISE = handle("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

        private static MethodHandle handle(String name, ValueLayout result, ValueLayout... parameters) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
        }
    }

    /** Memory that is given back when the arena is closed. */
    public static NativeMemory allocate(Arena arena, int bytes) {
        long address = IS_LINUX ? map(arena, bytes) : FAILED;
        return address == FAILED ? new NativeMemory(arena.allocate(bytes, 64)) : new NativeMemory(address, bytes);
    }

    private static long map(Arena arena, int bytes) {
        try {
            // address space is plenty: what is left over before and behind costs none of the memory
            long mapped = (long) bytes + HUGE_BYTES;
            int protection = PROT_READ | PROT_WRITE;
            int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
            long address = (long) Calls.MMAP.invokeExact(0L, mapped, protection, flags, -1, 0L);
            if (address == FAILED) {
                return FAILED;
            }
            MemorySegment.ofAddress(address).reinterpret(mapped, arena, Pages::unmap);
            if (bytes < HUGE_BYTES) {
                return address;
            }
            long aligned = address + HUGE_BYTES - 1 & -HUGE_BYTES;
            // refused, it is memory all the same
            int ignored = (int) Calls.MADVISE.invokeExact(aligned, (long) bytes, MADV_HUGEPAGE);
            return aligned;
        } catch (Throwable cause) {
            throw new AssertionError("a downcall throws nothing", cause);
        }
    }

    private static void unmap(MemorySegment mapped) {
        try {
            int ignored = (int) Calls.MUNMAP.invokeExact(mapped.address(), mapped.byteSize());
        } catch (Throwable cause) {
            throw new AssertionError("a downcall throws nothing", cause);
        }
    }
}
