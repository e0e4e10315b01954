package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Crc32c;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the kernel's packet the one that the kernel would have made with Vipline's choices: its endpoint for the
 * kernel's, its masquerade port for the kernel's, in headers and in what errors quote. Checksums follow by RFC 1624, so a
 * wrong one stays wrong; where both chose alike, nothing is touched.
 */
final class Retargeting {
    /** The two ends of a packet. */
    private record Ends(IpPort source, IpPort destination) {
        static Ends of(PacketView view) {
            return new Ends(view.source(), view.destination());
        }

        Ends reversed() {
            return new Ends(destination, source);
        }

        Ends addresses() {
            return new Ends(new IpPort(source.address(), 0), new IpPort(destination.address(), 0));
        }
    }

    private final Map<Ends, Ends> pairs = new HashMap<>();
    private final Map<IpPort, IpPort> addresses = new HashMap<>();
    private Ends toEndpoint;
    /** Of the datagram whose pieces are at hand. */
    private Ends head;

    private boolean changesMasquerade;

    /** For a flow that both worlds know; one that only one knows has nothing to retarget. */
    static Retargeting of(Flow flow) {
        Retargeting to = new Retargeting();
        if (flow.isKnown(World.KERNEL) && flow.isKnown(World.VIPLINE)) {
            Flow.View kernel = flow.view(World.KERNEL);
            Flow.View vipline = flow.view(World.VIPLINE);
            to.changesMasquerade = flow.isMasqueradedInOne();
            to.add(new Ends(kernel.source(), kernel.endpoint()), new Ends(vipline.source(), vipline.endpoint()));
        }
        return to;
    }

    /** From the flow as its client sees it to the flow as its endpoint does. */
    static Retargeting toEndpoint(Flow flow, Flow.View view) {
        Retargeting to = new Retargeting();
        to.add(new Ends(flow.client(), flow.service()), new Ends(view.source(), view.endpoint()));
        return to;
    }

    private void add(Ends from, Ends to) {
        if (from.equals(to)) {
            return;
        }
        toEndpoint = from;
        pairs.put(from, to);
        pairs.put(from.reversed(), to.reversed());
        pairs.put(from.addresses(), to.addresses());
        pairs.put(from.reversed().addresses(), to.reversed().addresses());
        addresses.put(from.addresses().source(), to.addresses().source());
        addresses.put(from.addresses().destination(), to.addresses().destination());
    }

    /** Whether anything changes at all. */
    boolean isIdentity() {
        return pairs.isEmpty();
    }

    /** Whether a packet of the kernel's goes to the endpoint that it chose and Vipline did not. */
    boolean isToEndpoint(byte[] packet) {
        PacketView view = new PacketView(packet);
        if (isIdentity() || !view.isIp()) {
            return false;
        }
        if (isTail(view)) {
            return head.equals(toEndpoint);
        }
        Ends ends = Ends.of(view);
        return view.quoted()
                .map(inner -> Ends.of(inner).reversed())
                .map(about -> about.equals(toEndpoint) || about.equals(toEndpoint.addresses()))
                .orElse(ends.equals(toEndpoint) || ends.equals(toEndpoint.addresses()));
    }

    /**
     * Says which packet is at hand now. Pieces of a datagram after the first have no ports; where a client meets itself
     * the addresses are the same both ways, and only the first piece tells which way they go.
     */
    void comeTo(byte[] packet) {
        PacketView view = new PacketView(packet);
        if (!view.isFragment()) {
            head = null;
        } else if (view.hasPorts()) {
            head = Ends.of(view);
        }
    }

    private boolean isTail(PacketView view) {
        return head != null && view.isFragment() && !view.hasPorts();
    }

    private Ends target(PacketView view) {
        if (isTail(view)) {
            Ends whole = pairs.get(head);
            return whole == null ? null : whole.addresses();
        }
        return pairs.get(Ends.of(view));
    }

    /** @param vipline the packet that Vipline has in its place */
    byte[] apply(byte[] packet, byte[] vipline) {
        byte[] changed = packet.clone();
        if (!isIdentity()) {
            PacketView view = new PacketView(changed);
            if (view.isIp()) {
                boolean isOfFlow = apply(view);
                if (isOfFlow && changesMasquerade && isToEndpoint(packet) && view.isIcmpError()) {
                    takeSource(view, new PacketView(vipline));
                }
                view.memory().getBytes(0, changed);
            }
        }
        return changed;
    }

    /** Who speaks for a client that meets itself is masqueraded too; for one that does not, nobody is. */
    private static void takeSource(PacketView view, PacketView vipline) {
        if (vipline.isIp() && vipline.isV4() == view.isV4()) {
            long difference = address(view, view.sourceAt(), view.source(), vipline.source());
            if (view.isV4()) {
                update(view.memory(), view.network() + 10, difference);
            } else {
                update(view.memory(), view.checksumAt(), difference);
            }
        }
    }

    /** @return whether it was a packet between the flow's ends, or an error about one */
    private boolean apply(PacketView view) {
        NativeMemory memory = view.memory();
        Ends from = Ends.of(view);
        Ends to = target(view);
        long difference = 0;
        Optional<PacketView> quoted = view.quoted();
        if (quoted.isPresent()) {
            int at = view.transport() + 4;
            int length = view.end() - at;
            long before = Checksum.fold(Checksum.sum(memory, at, length));
            boolean isOfFlow = apply(quoted.get());
            difference = (~before & 0xffff) + Checksum.fold(Checksum.sum(memory, at, length));
            to = isOfFlow
                    ? new Ends(
                            addresses.getOrDefault(from.source(), from.source()),
                            addresses.getOrDefault(from.destination(), from.destination()))
                    : null;
        }
        if (to == null) {
            return false;
        }
        long headerDifference = address(view, view.sourceAt(), from.source(), to.source())
                + address(view, view.destinationAt(), from.destination(), to.destination());
        if (view.isV4()) {
            update(memory, view.network() + 10, headerDifference);
        }
        difference += view.protocol() == Transport.ICMP ? 0 : headerDifference;
        difference += ports(view, to);
        transportChecksum(view, difference);
        return true;
    }

    private static long address(PacketView view, int at, IpPort from, IpPort to) {
        IpAddress old = from.address();
        IpAddress now = to.address();
        if (view.isV4()) {
            view.memory().putInt(at, now.v4(), BIG_ENDIAN);
            return Checksum.difference32(old.v4(), now.v4());
        }
        view.memory().putLong(at, now.high(), BIG_ENDIAN);
        view.memory().putLong(at + 8, now.low(), BIG_ENDIAN);
        return Checksum.difference64(old.high(), now.high()) + Checksum.difference64(old.low(), now.low());
    }

    private static long ports(PacketView view, Ends to) {
        if (!view.hasPorts()) {
            return 0;
        }
        if (view.isIcmpQuery()) {
            return word(view, view.transport() + 4, to.source().port());
        }
        return word(view, view.transport(), to.source().port())
                + word(view, view.transport() + 2, to.destination().port());
    }

    private static long word(PacketView view, int at, int now) {
        int old = view.word(at);
        view.memory().putShort(at, (short) now, BIG_ENDIAN);
        return Checksum.difference16(old, now);
    }

    private static void transportChecksum(PacketView view, long difference) {
        int field = view.checksumAt();
        NativeMemory memory = view.memory();
        boolean isNone = view.protocol() == Transport.UDP && field >= 0 && memory.getShort(field) == 0;
        // tcp_manip_pkt(): a quoted header that is not there as a whole keeps its checksum
        boolean isCut = view.protocol() == Transport.TCP && view.end() - view.transport() < Segment.TCP_BYTES;
        if (field >= 0 && !isNone && !isCut) {
            update(memory, field, difference);
        } else if (view.protocol() == Transport.SCTP && view.end() - view.transport() >= Segment.SCTP_BYTES) {
            int crc = new Crc32c().of(memory, view.transport(), view.end() - view.transport());
            memory.putInt(view.transport() + Transport.SCTP_CHECKSUM, Integer.reverseBytes(crc), BIG_ENDIAN);
        }
    }

    private static void update(NativeMemory memory, int field, long difference) {
        memory.putShort(field, (short) Checksum.update(memory.getShort(field, BIG_ENDIAN), difference), BIG_ENDIAN);
    }
}
