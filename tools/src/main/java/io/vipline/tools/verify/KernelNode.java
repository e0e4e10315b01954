package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.live.NetworkNamespace;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.frame.live.NetworkNamespaces.Outcome;
import io.vipline.dataplane.frame.live.PacketSocket;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The kernel's node: a network namespace with rules of its own, whose two links end in another namespace at packet
 * sockets of ours. Neighbours are fixed, so nothing but what we send and its consequences is on the links. Used by one
 * thread. Needs root.
 *
 * <p>A packet that is sent passes the node within the system call that sends it, so what comes out is there at once.
 * Where nothing should, another packet is sent after it, whose arrival says that all is over.
 */
final class KernelNode implements AutoCloseable {
    private static final String NODE = "node";
    private static final String FAR = "far";
    private static final long[] NODE_MACS = {0x0276_6c00_0001L, 0x0276_6c00_0002L};
    private static final long[] FAR_MACS = {0x0276_6c00_0011L, 0x0276_6c00_0012L};
    private static final String[] V4_GATEWAYS = {"169.254.77.1", "169.254.77.2"};
    private static final String[] V6_GATEWAYS = {"fe80::77:1", "fe80::77:2"};
    private static final int LONGEST_FRAME = 1 << 17;
    private static final long PATIENCE_NS = 5_000_000_000L;
    /** Source and destination of the packets that say that all is over. */
    private static final int MARKER_FROM = 0xa9fe_4d09;

    private static final int MARKER_TO = 0xa9fe_4d0a;
    /** Of packets that the rules let through to the node itself. */
    private static final String DELIVERED = "0x77";

    private final NodeLayout layout;
    private final NetworkNamespaces bed = new NetworkNamespaces();
    private final Map<Side, PacketSocket> sockets = new EnumMap<>(Side.class);
    private final Arena arena = Arena.ofShared();
    private final NativeMemory outgoing =
            new NativeMemory(arena.allocate(LONGEST_FRAME, 64).address(), LONGEST_FRAME);
    private final int[] records = {0};
    private final FrameBatch incoming = new FrameBatch();
    private final List<Departure> departures = new ArrayList<>();
    private final List<Departure> late = new ArrayList<>();
    private int markersSent;
    private int markersBack;

    /** Builds the node, without rules yet. */
    KernelNode(NodeLayout layout, Sysctls sysctls) {
        this.layout = layout;
        try {
            bed.add(NODE).add(FAR);
            links(layout);
            addresses(layout);
            routes(layout);
            forwarding(layout);
            set(sysctls);
            silence();
            for (Side side : Side.values()) {
                String name = layout.interfaceOf(side);
                sockets.put(side, NetworkNamespace.call(bed.name(FAR), () -> PacketSocket.open(name, false)));
            }
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private void links(NodeLayout layout) {
        // no link-local addresses: the node has those that we give it, as Vipline knows them
        bed.sysctl(NODE, "net/ipv6/conf/default/addr_gen_mode", "1");
        for (Side side : Side.values()) {
            String name = layout.interfaceOf(side);
            int i = side.ordinal();
            bed.ip(
                    NODE,
                    "link add " + name + " mtu " + NodeLayout.LINK_MTU_BYTES + " address "
                            + Ethernet.text(NODE_MACS[i]) + " type veth peer name " + name + " mtu "
                            + NodeLayout.LINK_MTU_BYTES
                            + " address " + Ethernet.text(FAR_MACS[i]) + " netns @" + FAR);
            bed.sysctl(FAR, "net/ipv6/conf/" + name + "/disable_ipv6", "1");
            bed.ip(FAR, "link set " + name + " arp off up");
        }
        bed.sysctl(FAR, "net/ipv4/ip_forward", "0");
        bed.sysctl(NODE, "net/ipv6/conf/all/forwarding", "1");
        bed.sysctl(NODE, "net/ipv4/ip_forward", "1");
    }

    private void addresses(NodeLayout layout) {
        List<String> commands = new ArrayList<>();
        for (IpAddress address : layout.config().nodeIps()) {
            commands.add("addr add " + host(address) + " dev " + NodeLayout.OUTSIDE_INTERFACE + nodad(address));
        }
        for (LocalAddress local : layout.config().localAddresses()) {
            boolean isLoopback = local.interfaceName().equals("lo");
            if (!isLoopback && !layout.config().nodeIps().contains(local.address())) {
                commands.add("addr add " + host(local.address()) + " dev " + NodeLayout.OUTSIDE_INTERFACE
                        + nodad(local.address()));
            }
        }
        for (Side side : Side.values()) {
            commands.add("link set " + layout.interfaceOf(side) + " up");
        }
        bed.ip(NODE, commands.toArray(String[]::new));
    }

    private static String host(IpAddress address) {
        return address + (address.isV4() ? "/32" : "/128");
    }

    private static String nodad(IpAddress address) {
        return address.isV4() ? "" : " nodad";
    }

    private void routes(NodeLayout layout) {
        List<String> commands = new ArrayList<>();
        for (Side side : Side.values()) {
            String device = " dev " + layout.interfaceOf(side);
            String mac = Ethernet.text(FAR_MACS[side.ordinal()]);
            for (String gateway : List.of(V4_GATEWAYS[side.ordinal()], V6_GATEWAYS[side.ordinal()])) {
                commands.add("neigh add " + gateway + " lladdr " + mac + device + " nud permanent");
            }
        }
        commands.add(route("default", Side.OUTSIDE, layout, true));
        commands.add(route("default", Side.OUTSIDE, layout, false));
        for (IpAddress pod : layout.pods()) {
            commands.add(route(host(pod), Side.PODS, layout, pod.isV4()));
        }
        bed.ip(NODE, commands.toArray(String[]::new));
    }

    private static String route(String to, Side side, NodeLayout layout, boolean isV4) {
        String gateway = (isV4 ? V4_GATEWAYS : V6_GATEWAYS)[side.ordinal()];
        return "route add " + to + " via " + gateway + " dev " + layout.interfaceOf(side) + " onlink mtu lock "
                + layout.mtuBytes();
    }

    /** What a node of a cluster has set. */
    private void forwarding(NodeLayout layout) {
        for (String scope : List.of("all", "default", NodeLayout.OUTSIDE_INTERFACE, layout.podInterface())) {
            bed.sysctl(NODE, "net/ipv4/conf/" + scope + "/rp_filter", "0");
            bed.sysctl(NODE, "net/ipv4/conf/" + scope + "/send_redirects", "0");
        }
    }

    /**
     * What the node's own sockets and protocols say of what is delivered to them (resets, unreachable ports, echo
     * replies) no rule has a part in, and Vipline's node has neither. Their answers carry the mark that every packet is
     * given behind the rules of INPUT, and go before conntrack sees them.
     */
    private void silence() {
        bed.sysctl(NODE, "net/ipv4/fwmark_reflect", "1");
        bed.sysctl(NODE, "net/ipv6/fwmark_reflect", "1");
        String rules = "*security\n-A INPUT -j MARK --set-mark " + DELIVERED
                + "\nCOMMIT\n*raw\n-A OUTPUT -m mark --mark " + DELIVERED + " -j DROP\nCOMMIT\n";
        load(rules, "iptables-restore", "--noflush");
        load(rules, "ip6tables-restore", "--noflush");
        // a full table has no room for them
        String marker = "*raw\n-A PREROUTING -s " + IpAddress.v4(MARKER_FROM) + " -j CT --notrack\nCOMMIT\n";
        load(marker, "iptables-restore", "--noflush");
    }

    /** {@code nf_conntrack_max}: the machine's, which a namespace can read only. */
    int conntrackMax() {
        String path = "/proc/sys/net/netfilter/nf_conntrack_max";
        return Integer.parseInt(
                bed.run(NODE, Duration.ofSeconds(10), "cat", path).out().strip());
    }

    /**
     * Sets what counts, all of it, in one go; low thresholds, which bound nothing by themselves, may not be above high
     * ones.
     */
    void set(Sysctls sysctls) {
        StringBuilder script = new StringBuilder("set -e; cd /proc/sys; echo 0 > net/ipv4/ipfrag_low_thresh;"
                + " echo 0 > net/netfilter/nf_conntrack_frag6_low_thresh");
        for (Sysctl sysctl : Sysctl.values()) {
            script.append("; echo ").append(sysctls.get(sysctl)).append(" > ").append(sysctl.path());
        }
        Outcome outcome = bed.run(NODE, Duration.ofMinutes(1), "sh", "-c", script.toString());
        if (!outcome.succeeded()) {
            throw new IllegalStateException("the kernel does not take the settings: " + outcome.err());
        }
    }

    /** What the kernel has a setting set to. */
    String sysctl(Sysctl sysctl) {
        return bed.run(NODE, Duration.ofMinutes(1), "cat", "/proc/sys/" + sysctl.path())
                .out()
                .strip();
    }

    /** The connections, as conntrack(8) lists them, but for those of the test bed itself. */
    List<String> connections() {
        String command = "conntrack -L -f ipv4 && conntrack -L -f ipv6";
        Outcome outcome = bed.run(NODE, Duration.ofMinutes(1), "sh", "-c", command);
        if (!outcome.succeeded()) {
            throw new IllegalStateException(command + ": " + outcome.err());
        }
        String marker = "src=" + IpAddress.v4(MARKER_FROM);
        return outcome.out().lines().filter(line -> !line.contains(marker)).toList();
    }

    /** Forgets every connection. */
    void forget() {
        Outcome outcome = bed.run(NODE, Duration.ofMinutes(1), "conntrack", "-F");
        if (!outcome.succeeded()) {
            throw new IllegalStateException("conntrack: " + outcome.err());
        }
    }

    /** Loads rules. @param command {@code iptables-restore}, {@code ip6tables-restore} or {@code nft -f} */
    void load(String rules, String... command) {
        String line = String.join(" ", command) + " < " + bed.write(rules);
        Outcome outcome = bed.run(NODE, Duration.ofMinutes(2), "sh", "-c", line);
        if (!outcome.succeeded()) {
            throw new IllegalStateException("the kernel does not take the rules: " + line + ": " + outcome.err());
        }
    }

    /**
     * Sends a packet through the node.
     *
     * @param expected how many packets should leave because of it
     * @return those that do
     */
    List<Departure> pass(Arrival arrival, int expected) {
        departures.clear();
        send(arrival.side(), arrival.isV4(), arrival.packet());
        receiveAll();
        if (departures.size() < expected || expected == 0) {
            sendMarker();
            awaitMarker();
        }
        return List.copyOf(departures);
    }

    private void receiveAll() {
        for (Side side : Side.values()) {
            receive(side);
        }
    }

    private void awaitMarker() {
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        do {
            receiveAll();
        } while (markersBack != markersSent && System.nanoTime() < deadlineNs);
        if (markersBack != markersSent) {
            throw new IllegalStateException("the kernel's node does not forward any more");
        }
    }

    private void send(Side side, boolean isV4, byte[] packet) {
        int length = Ethernet.HEADER_BYTES + packet.length;
        outgoing.setMemory(0, FinishedFrame.HEADER_BYTES, (byte) 0);
        outgoing.putInt(FinishedFrame.LENGTH, length);
        outgoing.putInt(FinishedFrame.ORIGINAL_LENGTH, length);
        outgoing.putInt(FinishedFrame.CHECKSUM_START, -1);
        int frame = FinishedFrame.HEADER_BYTES;
        Ethernet.putAddress(outgoing, frame + Ethernet.DESTINATION, NODE_MACS[side.ordinal()]);
        Ethernet.putAddress(outgoing, frame + Ethernet.SOURCE, FAR_MACS[side.ordinal()]);
        int type = isV4 ? Ethernet.TYPE_IPV4 : Ethernet.TYPE_IPV6;
        outgoing.putShort(frame + Ethernet.TYPE, (short) type, BIG_ENDIAN);
        outgoing.putBytes(frame + Ethernet.HEADER_BYTES, packet);
        sockets.get(side).transmit(outgoing, records, 0, 1);
    }

    private void sendMarker() {
        markersSent++;
        byte[] packet = new byte[32];
        NativeMemory view = NativeMemory.copyOf(packet);
        view.putInt(0, 0x4500_0020, BIG_ENDIAN);
        view.putInt(8, 0x4011_0000, BIG_ENDIAN);
        view.putInt(12, MARKER_FROM, BIG_ENDIAN);
        view.putInt(16, MARKER_TO, BIG_ENDIAN);
        view.putShort(10, (short) ~Checksum.fold(Checksum.sum(view, 0, 20)), BIG_ENDIAN);
        view.putInt(20, 0x0009_0009, BIG_ENDIAN);
        view.putShort(24, (short) 12, BIG_ENDIAN);
        view.putInt(28, markersSent, BIG_ENDIAN);
        view.getBytes(0, packet);
        send(Side.OUTSIDE, true, packet);
    }

    private void receive(Side side) {
        int count = sockets.get(side).receive(incoming, FrameBatch.CAPACITY, side.ordinal(), 0);
        for (int i = 0; i < count; i++) {
            int frame = incoming.offset(i);
            int type = Ethernet.type(incoming.memory, frame);
            if (type != Ethernet.TYPE_IPV4 && type != Ethernet.TYPE_IPV6) {
                continue;
            }
            byte[] packet = new byte[incoming.captured(i) - Ethernet.HEADER_BYTES];
            incoming.memory.getBytes(frame + Ethernet.HEADER_BYTES, packet);
            finishChecksum(packet, incoming.checksumStart(i) - Ethernet.HEADER_BYTES, incoming.checksumOffset(i));
            if (isMarker(packet)) {
                markersBack = NativeMemory.copyOf(packet).getInt(28, BIG_ENDIAN);
            } else if (!isOfTheLink(packet)) {
                (isLate(packet) ? late : departures).add(new Departure(side, packet));
            }
        }
    }

    private static void finishChecksum(byte[] packet, int start, int offset) {
        if (start < 0 || start + offset + 2 > packet.length) {
            return;
        }
        NativeMemory view = NativeMemory.copyOf(packet);
        int checksum = ~Checksum.fold(Checksum.sum(view, start, packet.length - start)) & 0xffff;
        view.putShort(start + offset, (short) (checksum == 0 ? 0xffff : checksum), BIG_ENDIAN);
        view.getBytes(0, packet);
    }

    private static boolean isMarker(byte[] packet) {
        NativeMemory view = NativeMemory.copyOf(packet);
        return packet.length == 32
                && packet[0] == 0x45
                && view.getInt(12, BIG_ENDIAN) == MARKER_FROM
                && view.getInt(16, BIG_ENDIAN) == MARKER_TO;
    }

    /** About a packet of long ago. */
    private boolean isLate(byte[] packet) {
        PacketView view = new PacketView(packet);
        return view.isReassemblyTimeExceeded() && layout.isLocal(view.source().address());
    }

    /** What left without a packet that came at that time: answers to fragments whose rest did not come. */
    List<Departure> late() {
        departures.clear();
        sendMarker();
        awaitMarker();
        return List.copyOf(late);
    }

    /** Multicast listener reports and neighbour discovery, which a link's end speaks unasked. */
    private static boolean isOfTheLink(byte[] packet) {
        if ((packet[0] >> 4 & 15) != 6 || packet.length < 48) {
            return false;
        }
        boolean isToGroup = packet[24] == (byte) 0xff;
        int type = (packet[6] == 0 ? packet[48 < packet.length ? 48 : 40] : packet[40]) & 0xff;
        return isToGroup
                && Arrays.asList(130, 131, 132, 133, 134, 135, 136, 143).contains(type);
    }

    @Override
    public void close() {
        sockets.values().forEach(PacketSocket::close);
        bed.close();
        arena.close();
    }
}
