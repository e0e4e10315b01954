package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Fills both worlds' connection tables and compares by counts what comes of more: as long as there are connections without
 * an answer, those are given up and new ones let through; once all are assured, new ones are refused and the old ones go
 * on. How many give-ups a table with a few of both finds hangs on the kernel's number of buckets, which is the machine's
 * setting, as {@code nf_conntrack_max} is: both are left as they are. Used by one thread.
 */
final class FullTable {
    private static final int SAMPLE = 1_000;
    private static final IpAddress CLIENTS = IpAddress.of("198.18.0.1");
    private static final IpAddress NEWCOMERS = IpAddress.of("198.19.0.1");
    private static final IpPort SERVER = new IpPort(IpAddress.of("198.19.255.1"), 9);
    private static final int PORTS = 50_000;
    private static final byte[] NOTHING = {};

    private final KernelNode kernel;
    private final EmulatedNode vipline;
    private final EpochNanoClock clock;
    private final int size;
    private final List<String> counts = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private int passedKernel;
    private int passedVipline;
    private long frames;

    /** @param size most connections of a table, in both worlds */
    FullTable(KernelNode kernel, EmulatedNode vipline, EpochNanoClock clock, int size) {
        this.kernel = kernel;
        this.vipline = vipline;
        this.clock = clock;
        this.size = size;
    }

    long frames() {
        return frames;
    }

    List<String> counts() {
        return counts;
    }

    List<Difference> differences() {
        return differences;
    }

    void run(BooleanSupplier stopped) {
        for (int i = 0; i < size && !stopped.getAsBoolean(); i++) {
            send(request(client(CLIENTS, i)));
        }
        compare("connections without an answer until the table is full", size, size);
        for (int i = 0; i < SAMPLE && !stopped.getAsBoolean(); i++) {
            send(request(client(NEWCOMERS, i)));
        }
        compare("new connections, for which such ones are given up", SAMPLE, SAMPLE);
        for (int i = 0; i < SAMPLE && !stopped.getAsBoolean(); i++) {
            assure(client(NEWCOMERS, i));
        }
        for (int i = 0; i < size && !stopped.getAsBoolean(); i++) {
            assure(client(CLIENTS, i));
        }
        // of those that were given up some come back in place of others, the last ones find nobody to replace
        compare("all of them once more, with an answer", 3 * size - 6 * SAMPLE, 3 * (size + SAMPLE));
        for (int i = 0; i < SAMPLE && !stopped.getAsBoolean(); i++) {
            send(request(client(NEWCOMERS, SAMPLE + i)));
        }
        // a few may be left without an answer, where a new one was refused because it looked elsewhere
        compare("new connections where all are assured", 0, SAMPLE / 20);
        for (int i = 0; i < SAMPLE && !stopped.getAsBoolean(); i++) {
            send(answer(client(CLIENTS, i)));
        }
        compare("answers of assured connections", SAMPLE, SAMPLE);
    }

    /** What is said after the first answer assures a connection that was picked up. */
    private void assure(IpPort client) {
        send(request(client));
        send(answer(client));
        send(request(client));
    }

    private static IpPort client(IpAddress first, int index) {
        return new IpPort(first.plus(index / PORTS), 1024 + index % PORTS);
    }

    private static Arrival request(IpPort client) {
        return segment(client, SERVER, 1_000, 2_000);
    }

    private static Arrival answer(IpPort client) {
        return segment(SERVER, client, 2_000, 1_000);
    }

    private static Arrival segment(IpPort from, IpPort to, int sequence, int ack) {
        Segment segment = new Segment.Tcp(sequence, ack, Transport.ACK, 8_192, NOTHING, NOTHING);
        return new Arrival(Side.OUTSIDE, true, Header.plain(64, 1).packet(from, to, segment));
    }

    private void send(Arrival arrival) {
        int out = vipline.pass(arrival, clock.nanoTime()).size();
        passedVipline += out;
        passedKernel += kernel.pass(arrival, out).size();
        frames++;
    }

    private void compare(String what, int least, int most) {
        String line = "a table of " + size + ", " + what + ": the kernel lets " + passedKernel + " through, Vipline "
                + passedVipline;
        counts.add(line);
        if (!isBetween(passedKernel, least, most) || !isBetween(passedVipline, least, most)) {
            differences.add(
                    Difference.ofCounts(line, request(client(CLIENTS, 0)).packet()));
        }
        passedKernel = 0;
        passedVipline = 0;
    }

    private static boolean isBetween(int value, int least, int most) {
        return value >= least && value <= most;
    }
}
