package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.live.NetworkNamespace;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.frame.live.NetworkNamespaces.Outcome;
import io.vipline.dataplane.frame.live.PacketSocket;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ethernet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Nodes of the kernel, each a network namespace with rules of its own, joined by a bridge that clients are on, too; each
 * with a link to its pods. Clients and pods are packet sockets of ours. Node {@code N}, from 1, has 192.168.0.N and
 * fd00:168::N, and its pods 10.244.N.0/24 and fd00:244:N::/64. Neighbours are fixed, so nothing but what we send and its
 * consequences is on the links. Used by one thread. Needs root.
 */
final class KernelCluster implements AutoCloseable {
    static final int CLIENTS = 0;
    private static final String FAR = "far";
    private static final String WIRE = "wire";
    private static final String V4_GATEWAY = "169.254.77.1";
    private static final String V6_GATEWAY = "fe80::77:1";
    private static final long NODE_MAC = 0x0276_6c01_0000L;
    private static final long POD_LINK_MAC = 0x0276_6c02_0000L;
    private static final long FAR_MAC = 0x0276_6c03_0000L;
    private static final int LONGEST_FRAME_BYTES = 1 << 17;
    private static final long PATIENCE_NS = 5_000_000_000L;
    private static final int MARKER_FROM = 0xa9fe_4d09;
    private static final int MARKER_TO = 0xa9fe_4d0a;

    /** A packet at a place. @param place {@link #CLIENTS}, or the number of the node of a pod; @param node that it left */
    record Packet(int place, int node, byte[] bytes) {}

    private final int nodes;
    private final NetworkNamespaces bed = new NetworkNamespaces();
    /** By place. */
    private final List<PacketSocket> sockets = new ArrayList<>();

    private final NativeMemory outgoing = NativeMemory.allocate(LONGEST_FRAME_BYTES);
    private final int[] records = {0};
    private final FrameBatch incoming = new FrameBatch();
    private final List<Packet> arrived = new ArrayList<>();
    private int markers;
    private int markersBack;

    KernelCluster(int nodes) {
        this.nodes = nodes;
        try {
            bed.add(FAR).add(WIRE);
            bed.sysctl(FAR, "net/ipv4/ip_forward", "0");
            bed.ip(WIRE, "link add br0 type bridge", "link set br0 up");
            link(WIRE, "clients", "clients", NODE_MAC, FAR_MAC);
            bed.ip(WIRE, "link set clients master br0 up");
            for (int i = 1; i <= nodes; i++) {
                node(i);
            }
            for (int place = 0; place <= nodes; place++) {
                String name = place == CLIENTS ? "clients" : "pods" + place;
                sockets.add(NetworkNamespace.call(bed.name(FAR), () -> PacketSocket.open(name, false)));
            }
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /** A link from a namespace to where our sockets are. */
    private void link(String role, String name, String farName, long mac, long farMac) {
        bed.ip(
                role,
                "link add " + name + " address " + Ethernet.text(mac) + " type veth peer name " + farName + " address "
                        + Ethernet.text(farMac) + " netns @" + FAR);
        bed.sysctl(FAR, "net/ipv6/conf/" + farName + "/disable_ipv6", "1");
        bed.ip(FAR, "link set " + farName + " arp off up");
    }

    private static String role(int node) {
        return "node" + node;
    }

    private void node(int i) {
        String role = role(i);
        bed.add(role);
        bed.sysctl(role, "net/ipv6/conf/default/addr_gen_mode", "1");
        bed.ip(
                role,
                "link add eth0 address " + Ethernet.text(NODE_MAC + i) + " type veth peer name " + role + " netns @"
                        + WIRE);
        bed.ip(WIRE, "link set " + role + " master br0 up");
        link(role, "pods", "pods" + i, POD_LINK_MAC + i, FAR_MAC + i);
        settings(role);
        List<String> commands = new ArrayList<>(List.of(
                "addr add 192.168.0." + i + "/24 dev eth0",
                "addr add fd00:168::" + i + "/64 dev eth0 nodad",
                "link set eth0 up",
                "link set pods up"));
        gateway(commands, "eth0", FAR_MAC, "default", "default");
        gateway(commands, "pods", FAR_MAC + i, "10.244." + i + ".0/24", "fd00:244:" + i + "::/64");
        for (int other = 1; other <= nodes; other++) {
            if (other != i) {
                String mac = " lladdr " + Ethernet.text(NODE_MAC + other) + " dev eth0 nud permanent";
                commands.add("neigh add 192.168.0." + other + mac);
                commands.add("neigh add fd00:168::" + other + mac);
                commands.add("route add 10.244." + other + ".0/24 via 192.168.0." + other);
                commands.add("route add fd00:244:" + other + "::/64 via fd00:168::" + other);
            }
        }
        bed.ip(role, commands.toArray(String[]::new));
    }

    private static void gateway(List<String> commands, String device, long mac, String v4, String v6) {
        for (String address : List.of(V4_GATEWAY, V6_GATEWAY)) {
            commands.add(
                    "neigh add " + address + " lladdr " + Ethernet.text(mac) + " dev " + device + " nud permanent");
        }
        commands.add("route add " + v4 + " via " + V4_GATEWAY + " dev " + device + " onlink");
        commands.add("route add " + v6 + " via " + V6_GATEWAY + " dev " + device + " onlink");
    }

    private void settings(String role) {
        bed.sysctl(role, "net/ipv6/conf/all/forwarding", "1");
        bed.sysctl(role, "net/ipv4/ip_forward", "1");
        bed.sysctl(role, "net/ipv4/conf/all/route_localnet", "1");
        for (String scope : List.of("all", "eth0", "pods")) {
            bed.sysctl(role, "net/ipv4/conf/" + scope + "/rp_filter", "0");
            // a packet that leaves by the link that it came by would draw a hint to the sender
            bed.sysctl(role, "net/ipv4/conf/" + scope + "/send_redirects", "0");
        }
        bed.sysctl(role, "net/ipv4/icmp_ratelimit", "0");
        bed.sysctl(role, "net/ipv4/icmp_msgs_per_sec", "1000000");
        bed.sysctl(role, "net/ipv4/icmp_msgs_burst", "1000000");
        bed.sysctl(role, "net/ipv6/icmp/ratelimit", "0");
    }

    /** Loads a node's rules. @param command {@code iptables-restore} or {@code ip6tables-restore} */
    void load(int node, String rules, String command) {
        Outcome outcome =
                bed.run(role(node), Duration.ofSeconds(30), "sh", "-c", command + " --noflush < " + bed.write(rules));
        if (!outcome.succeeded()) {
            throw new IllegalStateException("the kernel does not take the rules: " + outcome.err());
        }
    }

    /**
     * Sends a packet.
     *
     * @param place where it is sent from
     * @param node that is sent it; a pod's own
     * @param expected how many should arrive because of it
     * @return those that do
     */
    List<Packet> send(int place, int node, byte[] packet, int expected) {
        arrived.clear();
        long mac = place == CLIENTS ? NODE_MAC + node : POD_LINK_MAC + node;
        transmit(place, mac, packet);
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        do {
            receiveAll();
        } while (arrived.size() < expected && System.nanoTime() < deadlineNs);
        awaitMarker(node);
        return List.copyOf(arrived);
    }

    /** Sends a packet after all others through a node back to the clients, whose arrival says that all is over. */
    private void awaitMarker(int node) {
        markers++;
        byte[] packet = new byte[32];
        NativeMemory view = NativeMemory.copyOf(packet);
        view.putInt(0, 0x4500_0020, BIG_ENDIAN);
        view.putInt(8, 0x4011_0000, BIG_ENDIAN);
        view.putInt(12, MARKER_FROM, BIG_ENDIAN);
        view.putInt(16, MARKER_TO, BIG_ENDIAN);
        view.putShort(10, (short) ~Checksum.fold(Checksum.sum(view, 0, 20)), BIG_ENDIAN);
        view.putInt(20, 0x0009_0009, BIG_ENDIAN);
        view.putShort(24, (short) 12, BIG_ENDIAN);
        view.putInt(28, markers, BIG_ENDIAN);
        view.getBytes(0, packet);
        transmit(CLIENTS, NODE_MAC + node, packet);
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        do {
            receiveAll();
        } while (markersBack != markers && System.nanoTime() < deadlineNs);
        if (markersBack != markers) {
            throw new IllegalStateException("the kernel's node " + node + " does not forward any more");
        }
    }

    private void transmit(int place, long destination, byte[] packet) {
        int length = Ethernet.HEADER_BYTES + packet.length;
        outgoing.setMemory(0, FinishedFrame.HEADER_BYTES, (byte) 0);
        outgoing.putInt(FinishedFrame.LENGTH, length);
        outgoing.putInt(FinishedFrame.ORIGINAL_LENGTH, length);
        outgoing.putInt(FinishedFrame.CHECKSUM_START, -1);
        int frame = FinishedFrame.HEADER_BYTES;
        Ethernet.putAddress(outgoing, frame + Ethernet.DESTINATION, destination);
        Ethernet.putAddress(outgoing, frame + Ethernet.SOURCE, FAR_MAC + place);
        int type = packet[0] >> 4 == 4 ? Ethernet.TYPE_IPV4 : Ethernet.TYPE_IPV6;
        outgoing.putShort(frame + Ethernet.TYPE, (short) type, BIG_ENDIAN);
        outgoing.putBytes(frame + Ethernet.HEADER_BYTES, packet);
        sockets.get(place).transmit(outgoing, records, 0, 1);
    }

    private void receiveAll() {
        for (int place = 0; place < sockets.size(); place++) {
            int count = sockets.get(place).receive(incoming, FrameBatch.CAPACITY, place, 0);
            for (int i = 0; i < count; i++) {
                receive(place, i);
            }
        }
    }

    private void receive(int place, int slot) {
        byte[] frame = new byte[incoming.captured(slot)];
        incoming.memory.getBytes(incoming.offset(slot), frame);
        NativeMemory view = NativeMemory.copyOf(frame);
        int type = Ethernet.type(view, 0);
        boolean isOurs = Ethernet.address(view, Ethernet.DESTINATION) == FAR_MAC + place;
        // what the bridge floods is for others
        if (!isOurs || type != Ethernet.TYPE_IPV4 && type != Ethernet.TYPE_IPV6) {
            return;
        }
        byte[] packet = new byte[frame.length - Ethernet.HEADER_BYTES];
        view.getBytes(Ethernet.HEADER_BYTES, packet);
        boolean isMarker = packet.length == 32 && view.getInt(Ethernet.HEADER_BYTES + 12, BIG_ENDIAN) == MARKER_FROM;
        if (isMarker) {
            markersBack = view.getInt(Ethernet.HEADER_BYTES + 28, BIG_ENDIAN);
        } else {
            int node = (int) (Ethernet.address(view, Ethernet.SOURCE) & 0xffff);
            arrived.add(new Packet(place, node, packet));
        }
    }

    @Override
    public void close() {
        sockets.forEach(PacketSocket::close);
        bed.close();
    }
}
