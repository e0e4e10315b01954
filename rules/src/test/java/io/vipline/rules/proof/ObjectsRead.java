package io.vipline.rules.proof;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerStatus;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.ServiceStatus;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.policy.ServicePortName;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Service ports as the specification (sections 1 and 2) has them, read from the objects a second time: what the code
 * under test reads is not asked.
 */
final class ObjectsRead {
    private final Cluster cluster;
    private final String nodeName;
    private final IpFamily family;

    ObjectsRead(Cluster cluster, String nodeName, IpFamily family) {
        this.cluster = cluster;
        this.nodeName = nodeName;
        this.family = family;
    }

    List<ServiceEndpoints> services() {
        List<ServiceEndpoints> read = new ArrayList<>();
        for (Located<Service> located : cluster.services()) {
            Service service = located.object();
            if (isMinded(service.getMetadata().getLabels())
                    && !"ExternalName".equals(service.getSpec().getType())) {
                clusterIp(service.getSpec())
                        .ifPresent(
                                ip -> service.getSpec().getPorts().forEach(port -> read.add(read(located, port, ip))));
            }
        }
        return read;
    }

    static boolean isMinded(Map<String, String> labels) {
        return labels == null
                || !labels.containsKey("service.kubernetes.io/service-proxy-name")
                        && !labels.containsKey("service.kubernetes.io/headless");
    }

    private Optional<IpAddress> clusterIp(ServiceSpec spec) {
        if (spec.getClusterIP() == null || List.of("", "None").contains(spec.getClusterIP())) {
            return Optional.empty();
        }
        return Stream.concat(spec.getClusterIPs().stream(), Stream.of(spec.getClusterIP()))
                .map(ObjectsRead::sloppy)
                .filter(ip -> ip.family() == family)
                .findFirst();
    }

    /** IPv4 numbers are decimal, whatever zeros they begin with. */
    static IpAddress sloppy(String text) {
        if (text.contains(":")) {
            return IpAddress.of(text);
        }
        int address = 0;
        for (String number : text.split("\\.")) {
            address = address << 8 | new BigInteger(number).intValueExact();
        }
        return IpAddress.v4(address);
    }

    private List<IpAddress> addresses(List<String> texts) {
        return texts.stream()
                .map(ObjectsRead::sloppy)
                .filter(ip -> ip.family() == family)
                .toList();
    }

    private ServiceEndpoints read(
            Located<Service> located, io.fabric8.kubernetes.api.model.ServicePort port, IpAddress ip) {
        Service service = located.object();
        ServiceSpec spec = service.getSpec();
        boolean externalLocal = "Local".equals(spec.getExternalTrafficPolicy());
        boolean isBalanced = "LoadBalancer".equals(spec.getType());
        boolean takesOutsiders = isBalanced
                || "NodePort".equals(spec.getType())
                || !spec.getExternalIPs().isEmpty();
        Integer health = spec.getHealthCheckNodePort();
        String portName = port.getName() == null ? "" : port.getName();
        ServicePort read = new ServicePort(
                new ServicePortName(
                        service.getMetadata().getNamespace(),
                        service.getMetadata().getName(),
                        portName,
                        protocol(port.getProtocol())),
                ip,
                port.getPort(),
                port.getNodePort() == null ? 0 : port.getNodePort(),
                addresses(spec.getExternalIPs()),
                vips(service.getStatus()),
                ranges(spec.getLoadBalancerSourceRanges()),
                affinity(spec),
                "Local".equals(spec.getInternalTrafficPolicy()),
                externalLocal && takesOutsiders,
                isBalanced && externalLocal && health != null ? health : 0,
                located.origin());
        return new ServiceEndpoints(read, new SlicesRead(family, nodeName).endpoints(cluster, read.name()));
    }

    static Protocol protocol(String text) {
        return Protocol.valueOf(text);
    }

    private List<IpAddress> vips(ServiceStatus status) {
        List<LoadBalancerIngress> ingress = Optional.ofNullable(status)
                .map(ServiceStatus::getLoadBalancer)
                .map(LoadBalancerStatus::getIngress)
                .orElse(List.of());
        Predicate<LoadBalancerIngress> isVip = one -> !"Proxy".equals(one.getIpMode());
        return addresses(ingress.stream()
                .filter(one -> one.getIp() != null)
                .filter(isVip)
                .map(LoadBalancerIngress::getIp)
                .toList());
    }

    private List<Cidr> ranges(List<String> texts) {
        return texts.stream()
                .map(text -> text.replaceAll("\\s", "").split("/"))
                .map(parts -> new Cidr(sloppy(parts[0]), Integer.parseInt(parts[1])))
                .filter(range -> range.family() == family)
                .toList();
    }

    private static int affinity(ServiceSpec spec) {
        return "ClientIP".equals(spec.getSessionAffinity())
                ? spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds()
                : 0;
    }
}
