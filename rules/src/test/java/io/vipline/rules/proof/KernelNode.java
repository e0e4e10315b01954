package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.NetworkNamespace;
import io.vipline.rules.NetworkNamespace.Output;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The kernel as a node: a namespace with the addresses of {@link RandomNode}, one on its outer side and one on the side of
 * the pods, which take every address there is for their own. Root only.
 */
final class KernelNode implements AutoCloseable {
    private static final String MAC = "02:00:00:00:00:0";

    /** Where somebody sends or receives. */
    enum Place {
        NODE,
        PODS,
        OUTSIDE
    }

    private final Map<Place, NetworkNamespace> namespaces = new EnumMap<>(Place.class);
    private final Map<Place, AgentProcess> agents = new EnumMap<>(Place.class);
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private int sourcePort = 33_000;

    /** @param commands that the caller will run on the node */
    KernelNode(String... commands) {
        try {
            make(commands);
        } catch (RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private void make(String... commands) {
        for (Place place : Place.values()) {
            namespaces.put(place, NetworkNamespace.open(commands));
        }
        link(Place.OUTSIDE, RandomNode.OUTSIDE, 1);
        link(Place.PODS, RandomNode.POD_SIDE, 3);
        for (IpFamily family : IpFamily.values()) {
            AddressPlan plan = new AddressPlan(family);
            addressNode(plan);
            takeEverything(Place.OUTSIDE, RandomNode.OUTSIDE, plan, MAC + 1);
            takeEverything(Place.PODS, RandomNode.POD_SIDE, plan, MAC + 3);
        }
        namespaces.forEach((place, namespace) -> agents.put(place, new AgentProcess(namespace, said)));
    }

    /** A veth pair of the same name at both ends; the node's has the MAC address {@code number}, the other the next. */
    private void link(Place place, String name, int number) {
        for (NetworkNamespace namespace : List.of(namespaces.get(Place.NODE), namespaces.get(place))) {
            shell(
                    namespace,
                    "for i in all default; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter;"
                            + " echo 1 > /proc/sys/net/ipv4/conf/$i/accept_local;"
                            + " echo 0 > /proc/sys/net/ipv4/conf/$i/send_redirects;"
                            + " echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad; done;"
                            + " echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit;"
                            + " echo 1000000 > /proc/sys/net/ipv4/icmp_msgs_per_sec;"
                            + " echo 10000 > /proc/sys/net/ipv4/icmp_msgs_burst;"
                            + " echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind; ip link set lo up");
        }
        String other = namespaces.get(place).name();
        shell(
                namespaces.get(Place.NODE),
                "ip link add " + name + " address " + MAC + number + " type veth peer name " + name + " address " + MAC
                        + (number + 1) + " netns " + other + " && ip link set " + name + " up");
        shell(namespaces.get(place), "ip link set " + name + " up");
    }

    private void addressNode(AddressPlan plan) {
        NetworkNamespace node = namespaces.get(Place.NODE);
        String ip = ip(plan);
        List<String> commands = new ArrayList<>();
        commands.add("echo 1 > /proc/sys/net/" + (ip.equals("ip") ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding"));
        RandomNode.localAddresses(plan).stream()
                .filter(local -> !local.interfaceName().equals("lo"))
                .forEach(local -> commands.add(ip + " addr add " + local.address() + "/"
                        + plan.family().bits() + " dev " + local.interfaceName()
                        + (ip.equals("ip") ? "" : " nodad")));
        commands.add(gateway(ip, plan.at("192.168.0.1").toString(), RandomNode.OUTSIDE, MAC + 2, "default"));
        commands.add(gateway(
                ip,
                plan.at("10.244.255.1").toString(),
                RandomNode.POD_SIDE,
                MAC + 4,
                plan.range(AddressPlan.PODS).toString()));
        shell(node, String.join(" && ", commands));
    }

    /** Every address is local, and yet everything that is sent goes to the node first. */
    private void takeEverything(Place place, String link, AddressPlan plan, String nodeMac) {
        String ip = ip(plan);
        String zero = plan.range("0.0.0.0/0").toString();
        String node = plan.at(place == Place.PODS ? AddressPlan.BRIDGE : AddressPlan.NODE)
                .toString();
        shell(
                namespaces.get(place),
                String.join(
                        " && ",
                        gateway(ip, node, link, nodeMac, "default table 11"),
                        ip + " rule add pref 10 iif lo lookup 11",
                        ip + " rule add pref 100 lookup local",
                        ip + " rule del pref 0",
                        ip + " route add local " + zero + " dev lo"));
    }

    private static String gateway(String ip, String address, String link, String mac, String route) {
        return ip + " neigh add " + address + " lladdr " + mac + " dev " + link + " nud permanent && " + ip
                + " route add " + route.replaceFirst("(\\S+)(.*)", "$1 via " + address + " dev " + link + " onlink$2");
    }

    private static String ip(AddressPlan plan) {
        return plan.family() == IpFamily.IPV4 ? "ip" : "ip -6";
    }

    private static void shell(NetworkNamespace namespace, String script) {
        Output output = namespace.run("", "sh", "-c", script);
        assertThat(output.exitCode()).as(script + "\n" + output.text()).isZero();
    }

    /** Gives a command on the node its input. */
    void load(String text, String... command) {
        Output output = namespaces.get(Place.NODE).run(text, command);
        assertThat(output.exitCode()).as(output.text() + "\n" + text).isZero();
    }

    /** What a command on the node says. */
    String output(String... command) {
        Output output = namespaces.get(Place.NODE).run("", command);
        assertThat(output.exitCode()).as(output.text()).isZero();
        return output.text();
    }

    void routeLocalnet(boolean on) {
        shell(namespaces.get(Place.NODE), "echo " + (on ? 1 : 0) + " > /proc/sys/net/ipv4/conf/all/route_localnet");
    }

    /** Receives what comes to these, and forgets what it received before. */
    void listen(Protocol protocol, Place place, IpPort at) {
        agents.get(place).say("listen " + protocol.name() + " " + at.address() + " " + at.port());
    }

    void send(int id, Packet packet, Place place) {
        agents.get(place)
                .say("send " + id + " " + packet.protocol().name() + " " + packet.source() + " " + sourcePort++ + " "
                        + packet.destination() + " " + packet.port());
    }

    void reset() {
        agents.values().forEach(agent -> agent.say("reset"));
        sync();
        said.clear();
    }

    /** Until every agent has done what it was told. */
    void sync() {
        agents.values().forEach(agent -> agent.say("sync"));
        flush();
        int open = agents.size();
        List<String> others = new ArrayList<>();
        while (open > 0) {
            String line = next(20_000);
            assertThat(line).as("an answer of each agent").isNotEmpty().doesNotStartWith("failed");
            open -= line.equals("synced") ? 1 : 0;
            Stream.of(line).filter(one -> !one.equals("synced")).forEach(others::add);
        }
        said.addAll(others);
    }

    void flush() {
        agents.values().forEach(AgentProcess::flush);
    }

    /** What an agent says next; empty if none says anything for so long. */
    String next(long milliseconds) {
        try {
            String line = said.poll(milliseconds, TimeUnit.MILLISECONDS);
            return line == null ? "" : line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        agents.values().forEach(AgentProcess::close);
        namespaces.values().forEach(NetworkNamespace::close);
    }
}
