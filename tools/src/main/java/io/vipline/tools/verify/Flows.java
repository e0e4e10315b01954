package io.vipline.tools.verify;

import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Draws conversations that a node may see: from pods of this node and of others and from hosts outside, to every address
 * that a Service has, and to some that none has. No tuple twice.
 */
final class Flows {
    /** Hosts outside: the range for tests of RFC 2544, and one of those for documentation, RFC 3849. */
    private static final Cidr OUTSIDE_V4 = Cidr.of("198.18.0.0/15");

    private static final Cidr OUTSIDE_V6 = Cidr.of("2001:db8:c11e::/64");
    /** Hosts of which each calls one Service only, so that nobody else renews or ends its session affinity. */
    private static final IpAddress FAITHFUL_V4 = IpAddress.of("198.19.0.0");

    private static final IpAddress FAITHFUL_V6 = IpAddress.of("2001:db8:fa17::");

    /** An address that is called, and the Service port that has it, if one has. */
    private record Target(int protocol, IpPort address, Optional<ServiceEndpoints> service) {}

    private static final int UNUSED_PORT = 9;

    private record Question(int protocol, IpAddress client, IpPort target, Side side) {}

    private final NodeLayout layout;
    private final Function<IpFamily, ChainWalker> walkers;
    private final SplittableRandom random;
    /** Those that the node has an address of. */
    private final List<IpFamily> families;

    private final List<Target> targets = new ArrayList<>();
    private final Map<IpFamily, List<IpAddress>> pods = new HashMap<>();
    private final Map<Question, Set<IpPort>> answers = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private int faithful;

    Flows(
            NodeLayout layout,
            List<ServiceEndpoints> services,
            Function<IpFamily, ChainWalker> walkers,
            SplittableRandom random) {
        this.layout = layout;
        this.walkers = walkers;
        this.random = random;
        this.families = Stream.of(IpFamily.values())
                .filter(family -> layout.nodeIp(family).isPresent())
                .toList();
        for (IpFamily family : IpFamily.values()) {
            pods.put(
                    family,
                    services.stream()
                            .flatMap(service -> service.endpoints().stream())
                            .map(endpoint -> endpoint.address().address())
                            .filter(address -> address.family() == family && !layout.isLocal(address))
                            .distinct()
                            .toList());
        }
        services.forEach(this::addTargets);
    }

    private void addTargets(ServiceEndpoints service) {
        ServicePort port = service.port();
        int protocol = port.name().protocol().number();
        IpFamily family = port.clusterIp().family();
        if (layout.nodeIp(family).isEmpty() || service.endpoints().stream().anyMatch(this::isOnNode)) {
            return;
        }
        add(protocol, new IpPort(port.clusterIp(), port.port()), service);
        port.externalIps().forEach(address -> add(protocol, new IpPort(address, port.port()), service));
        port.loadBalancerVips().forEach(address -> add(protocol, new IpPort(address, port.port()), service));
        if (port.nodePort() != 0) {
            NodePortAddresses answering = NodePortAddresses.of(layout.config(), family);
            layout.config().nodeIps().stream()
                    .filter(address -> address.family() == family)
                    .filter(address -> answering.matchesAll()
                            || answering.cidrs().stream().anyMatch(cidr -> cidr.contains(address)))
                    .forEach(address -> add(protocol, new IpPort(address, port.nodePort()), service));
        }
    }

    /** An endpoint with the node's own address is answered by the node's own sockets, which no packet of ours is. */
    private boolean isOnNode(Endpoint endpoint) {
        return layout.isLocal(endpoint.address().address());
    }

    private void add(int protocol, IpPort address, ServiceEndpoints service) {
        targets.add(new Target(protocol, address, Optional.of(service)));
    }

    /** Whether there is anything to call. */
    boolean isEmpty() {
        return targets.isEmpty();
    }

    /** Protocols that some Service speaks. */
    List<Integer> protocols() {
        return targets.stream().map(Target::protocol).distinct().toList();
    }

    /** A conversation with a Service in this protocol, if there is one. */
    Optional<Flow> toService(int protocol) {
        return toService(protocol, service -> true);
    }

    private Optional<Flow> toService(int protocol, Predicate<ServiceEndpoints> which) {
        List<Target> of = targets.stream()
                .filter(target -> target.protocol() == protocol)
                .filter(target -> target.service().filter(which).isPresent())
                .toList();
        if (of.isEmpty()) {
            return Optional.empty();
        }
        Target target = of.get(random.nextInt(of.size()));
        return Optional.of(flow(protocol, target.address(), target.service()));
    }

    /** A conversation with a Service that may be had without disturbing anybody's session affinity, if there is one. */
    Optional<Flow> toServiceWithoutAffinity(int protocol) {
        return toService(protocol, service -> service.port().affinitySeconds() == 0);
    }

    /** A conversation with a Service that has nobody to talk to, if there is one. */
    Optional<Flow> toServiceWithoutEndpoints() {
        return targets.stream()
                .filter(target -> target.service().stream()
                        .anyMatch(service -> service.endpoints().isEmpty()))
                .findFirst()
                .map(target -> flow(target.protocol(), target.address(), Optional.empty()));
    }

    /** How long clients stay with an endpoint of the Service of a conversation; 0 without session affinity. */
    int affinitySeconds(Flow flow) {
        return targets.stream()
                .filter(target ->
                        target.protocol() == flow.protocol() && target.address().equals(flow.service()))
                .flatMap(target -> target.service().stream())
                .mapToInt(service -> service.port().affinitySeconds())
                .max()
                .orElse(0);
    }

    /** A new client's conversation with a Service that has session affinity and endpoints, if there is one. */
    Optional<Flow> toServiceWithAffinity() {
        List<Target> sticky = targets.stream()
                .filter(target -> target.service().stream()
                        .map(ServiceEndpoints::port)
                        .anyMatch(port -> port.affinitySeconds() > 0
                                && port.sourceRanges().isEmpty()))
                .toList();
        if (sticky.isEmpty()) {
            return Optional.empty();
        }
        Target target = sticky.get(random.nextInt(sticky.size()));
        IpAddress net = target.address().address().isV4() ? FAITHFUL_V4 : FAITHFUL_V6;
        IpPort client = new IpPort(net.plus(1 + ++faithful % 65_000), 1024 + random.nextInt(60_000));
        return Optional.of(flow(target.protocol(), client, target.address()));
    }

    /** A conversation in this protocol with a Service, now and then with an address that is none's. */
    Optional<Flow> toAny(int protocol) {
        return random.nextInt(8) == 0 ? Optional.of(between(protocol)) : toService(protocol);
    }

    /**
     * A conversation with an address of some pod or host, at a port that is no Service's, or in a protocol without ports.
     *
     * @param protocol ICMP stands for ICMPv6 too
     */
    Flow between(int protocol) {
        IpFamily family = families.get(random.nextInt(families.size()));
        boolean isIcmpv6 = family == IpFamily.IPV6 && protocol == Protocol.ICMP.number();
        int actual = isIcmpv6 ? Protocol.ICMPV6.number() : protocol;
        IpPort to = new IpPort(client(family, Optional.empty()), UNUSED_PORT);
        if (IcmpStories.isIcmp(actual)) {
            IpAddress other = client(family, Optional.empty());
            // who speaks to himself cannot tell a question from its answer
            IpAddress client =
                    other.equals(to.address()) ? hostOf(family == IpFamily.IPV4 ? OUTSIDE_V4 : OUTSIDE_V6) : other;
            IpPort from = new IpPort(client, 1 + random.nextInt(65_535));
            IpPort target = new IpPort(to.address(), from.port());
            return Flow.of(actual, from, target, layout.sideOf(from.address()), Set.of());
        }
        return flow(actual, to, Optional.empty());
    }

    private Flow flow(int protocol, IpPort to, Optional<ServiceEndpoints> service) {
        for (int tries = 0; ; tries++) {
            IpAddress client = client(to.address().family(), service);
            IpPort from = new IpPort(client, 1024 + random.nextInt(64_512));
            if (taken.add(protocol + " " + from + " " + to) || tries > 100) {
                return flow(protocol, from, to);
            }
        }
    }

    /** The node's own address of a family that it has one of. */
    IpAddress nodeIp(IpFamily family) {
        return layout.nodeIp(family).orElseThrow();
    }

    /** The conversation with these ends. */
    Flow flow(int protocol, IpPort from, IpPort to) {
        Side side = layout.sideOf(from.address());
        boolean isOfOneFamily = from.address().family() == to.address().family();
        Question question = new Question(protocol, from.address(), to, side);
        return Flow.of(protocol, from, to, side, isOfOneFamily ? endpoints(question, from) : Set.of());
    }

    private IpAddress client(IpFamily family, Optional<ServiceEndpoints> service) {
        List<IpAddress> all = pods.get(family);
        List<IpAddress> own = service.map(ServiceEndpoints::endpoints).orElse(List.of()).stream()
                .map(endpoint -> endpoint.address().address())
                .toList();
        List<Cidr> ranges = service.map(ServiceEndpoints::port)
                .map(ServicePort::sourceRanges)
                .orElse(List.of());
        int draw = random.nextInt(10);
        if (draw < 2 && !own.isEmpty()) {
            return own.get(random.nextInt(own.size()));
        } else if (draw < 5 && !all.isEmpty()) {
            return all.get(random.nextInt(all.size()));
        } else if (draw < 8 && !ranges.isEmpty()) {
            return hostOf(ranges.get(random.nextInt(ranges.size())));
        }
        return hostOf(family == IpFamily.IPV4 ? OUTSIDE_V4 : OUTSIDE_V6);
    }

    private IpAddress hostOf(Cidr cidr) {
        int hostBits = Math.min(16, cidr.family().bits() - cidr.prefixLength());
        IpAddress host = cidr.address().plus(hostBits < 2 ? 0 : 1 + random.nextInt((1 << hostBits) - 2));
        return layout.isLocal(host) ? cidr.address() : host;
    }

    private Set<IpPort> endpoints(Question question, IpPort from) {
        return answers.computeIfAbsent(question, asked -> {
            IpPort to = asked.target();
            PacketDescription packet = PacketDescription.first(
                            asked.protocol(), asked.client(), from.port(), to.address(), to.port())
                    .withInterfaces(Optional.of(layout.interfaceOf(asked.side())), Optional.empty());
            Set<IpPort> endpoints = new HashSet<>();
            for (Outcome outcome :
                    walkers.apply(to.address().family()).walk(packet).outcomes()) {
                outcome.endpoint()
                        .ifPresent(endpoint -> endpoints.add(
                                endpoint.port() == 0 ? new IpPort(endpoint.address(), to.port()) : endpoint));
            }
            return Set.copyOf(endpoints);
        });
    }
}
