package io.vipline.dataplane.frame.filter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pcap4j.core.BpfProgram;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/**
 * An expression's code for one link type.
 *
 * @param program null: there is none, and nothing matches
 * @param refusal why there is none, else null
 */
record BpfCode(BpfProgram program, FilterException refusal) {
    private static final int PCAP_MAGIC = 0xa1b2c3d4;
    private static final int PCAP_HEADER_BYTES = 24;
    private static final int SNAP_BYTES = 262_144;

    /** @throws FilterException if libpcap is not installed */
    static BpfCode compile(String expression, BpfFilter.Link link) {
        Path empty = null;
        try {
            empty = emptyCapture(link);
            try (PcapHandle handle = Pcaps.openOffline(empty.toString())) {
                return new BpfCode(handle.compileFilter(expression, BpfCompileMode.OPTIMIZE, noNetmask()), null);
            }
        } catch (LinkageError e) {
            String message = "filters need libpcap, which cannot be loaded; install it: apt-get install libpcap0.8";
            throw new FilterException(FilterException.Reason.LIBRARY_MISSING, message, e);
        } catch (PcapNativeException | NotOpenException e) {
            String message = "filter \"" + expression + "\": " + e.getMessage() + "; see man 7 pcap-filter";
            return new BpfCode(null, new FilterException(FilterException.Reason.EXPRESSION, message, e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete(empty);
        }
    }

    /**
     * A capture to compile for: libpcap's code for BSD loopback is another when it reads a file, whose writer may have
     * numbered protocol families otherwise.
     */
    private static Path emptyCapture(BpfFilter.Link link) throws IOException {
        ByteOrder order = ByteOrder.nativeOrder();
        if (link.otherByteOrder()) {
            order = order == ByteOrder.LITTLE_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        }
        ByteBuffer header = ByteBuffer.allocate(PCAP_HEADER_BYTES).order(order);
        header.putInt(PCAP_MAGIC).putShort((short) 2).putShort((short) 4).putLong(0);
        header.putInt(SNAP_BYTES).putInt(link.linkNumber());
        return Files.write(Files.createTempFile("vipline-filter", ".pcap"), header.array());
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As tcpdump has it when it reads a file. */
    private static Inet4Address noNetmask() {
        try {
            return (Inet4Address) InetAddress.getByAddress(new byte[4]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    boolean isUsable() {
        return program != null;
    }

    boolean matches(byte[] frame, int originalBytes, int capturedBytes) {
        return program != null && program.applyFilter(frame, originalBytes, capturedBytes);
    }

    void close() {
        if (program != null) {
            program.free();
        }
    }
}
