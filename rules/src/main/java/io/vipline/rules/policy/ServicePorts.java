package io.vipline.rules.policy;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which ports of a Service are proxied, and how ({@code pkg/proxy/serviceport.go}, {@code servicechangetracker.go}). */
public final class ServicePorts {
    /** Timeout of session affinity that the API server fills in, in seconds. */
    public static final int DEFAULT_AFFINITY_SECONDS = 10_800;

    private static final String PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";
    private static final String HEADLESS_LABEL = "service.kubernetes.io/headless";

    private ServicePorts() {}

    /** Ports of the Service that rules of the family are written for; none for headless, ExternalName and the like. */
    public static List<ServicePort> of(Located<Service> located, IpFamily family) {
        Service service = located.object();
        ServiceSpec spec = service.getSpec();
        if (spec == null || leftToOthers(service.getMetadata().getLabels()) || "ExternalName".equals(spec.getType())) {
            return List.of();
        }
        Optional<IpAddress> clusterIp = clusterIp(spec, family);
        if (clusterIp.isEmpty()) {
            return List.of();
        }
        List<ServicePort> ports = new ArrayList<>(spec.getPorts().size());
        for (int i = 0; i < spec.getPorts().size(); i++) {
            io.fabric8.kubernetes.api.model.ServicePort port = spec.getPorts().get(i);
            ports.add(new ServicePort(
                    name(service, port),
                    clusterIp.get(),
                    port.getPort(),
                    orZero(port.getNodePort()),
                    addresses(spec.getExternalIPs(), family),
                    vips(service, family),
                    sourceRanges(spec, family),
                    affinitySeconds(spec),
                    "Local".equals(spec.getInternalTrafficPolicy()),
                    externalPolicyLocal(spec),
                    healthCheckNodePort(spec),
                    located.part(i)));
        }
        return ports;
    }

    /** Whether kube-proxy's informers leave the object (Service or EndpointSlice) out because of its labels. */
    public static boolean leftToOthers(Map<String, String> labels) {
        return labels != null && (labels.containsKey(PROXY_NAME_LABEL) || labels.containsKey(HEADLESS_LABEL));
    }

    /** The cluster IP of the family: from {@code clusterIPs}, else {@code clusterIP}. Empty for headless Services too. */
    public static Optional<IpAddress> clusterIp(ServiceSpec spec, IpFamily family) {
        String primary = spec.getClusterIP();
        if ("None".equals(primary)) {
            return Optional.empty();
        }
        List<String> candidates = new ArrayList<>(spec.getClusterIPs());
        if (primary != null) {
            candidates.add(primary);
        }
        return addresses(candidates, family).stream().findFirst();
    }

    private static ServicePortName name(Service service, io.fabric8.kubernetes.api.model.ServicePort port) {
        String name = port.getName() == null ? "" : port.getName();
        return new ServicePortName(
                namespace(service.getMetadata().getNamespace()),
                service.getMetadata().getName(),
                name,
                protocol(port.getProtocol()));
    }

    static String namespace(String namespace) {
        return namespace == null || namespace.isEmpty() ? "default" : namespace;
    }

    static Protocol protocol(String text) {
        return text == null ? Protocol.TCP : Protocol.ofText(text).orElse(Protocol.TCP);
    }

    private static List<IpAddress> addresses(List<String> texts, IpFamily family) {
        return texts.stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .filter(address -> address.family() == family)
                .toList();
    }

    private static List<IpAddress> vips(Service service, IpFamily family) {
        return ingressAddresses(service, family, false);
    }

    /** Addresses of load balancers that proxy (ipMode Proxy): they send to node ports, and kube-proxy knows nothing of them. */
    public static List<IpAddress> proxiedIngress(Service service, IpFamily family) {
        return ingressAddresses(service, family, true);
    }

    private static List<IpAddress> ingressAddresses(Service service, IpFamily family, boolean proxied) {
        if (service.getStatus() == null || service.getStatus().getLoadBalancer() == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (LoadBalancerIngress ingress : service.getStatus().getLoadBalancer().getIngress()) {
            boolean isProxied = ingress.getIpMode() != null && !"VIP".equals(ingress.getIpMode());
            if (isProxied == proxied && ingress.getIp() != null) {
                texts.add(ingress.getIp());
            }
        }
        return addresses(texts, family);
    }

    private static List<Cidr> sourceRanges(ServiceSpec spec, IpFamily family) {
        return spec.getLoadBalancerSourceRanges().stream()
                .flatMap(text -> Cidr.parse(text.trim()).stream())
                .filter(range -> range.family() == family)
                .toList();
    }

    private static int affinitySeconds(ServiceSpec spec) {
        if (!"ClientIP".equals(spec.getSessionAffinity())) {
            return 0;
        }
        return Optional.ofNullable(spec.getSessionAffinityConfig())
                .map(config -> config.getClientIP())
                .map(config -> config.getTimeoutSeconds())
                .orElse(DEFAULT_AFFINITY_SECONDS);
    }

    private static boolean externalPolicyLocal(ServiceSpec spec) {
        if (!"Local".equals(spec.getExternalTrafficPolicy())) {
            return false;
        }
        String type = spec.getType();
        boolean plain = type == null || type.isEmpty() || type.equals("ClusterIP");
        return plain ? !spec.getExternalIPs().isEmpty() : type.equals("LoadBalancer") || type.equals("NodePort");
    }

    private static int healthCheckNodePort(ServiceSpec spec) {
        boolean asked = "LoadBalancer".equals(spec.getType()) && "Local".equals(spec.getExternalTrafficPolicy());
        return asked ? orZero(spec.getHealthCheckNodePort()) : 0;
    }

    private static int orZero(Integer number) {
        return number == null ? 0 : number;
    }
}
