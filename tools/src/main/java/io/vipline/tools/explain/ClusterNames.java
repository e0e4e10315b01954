package io.vipline.tools.explain;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.manifest.NearName;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The names that stand for addresses, as cluster DNS resolves them for a pod of namespace {@code default}: of Services,
 * their cluster IPs or, headless, their ready endpoints; of the single endpoints of a headless one. Beside them names that
 * only people use: of pods, with or without their namespace, and of Nodes.
 */
public final class ClusterNames implements HostNames {
    private static final String ZONE = ".cluster.local";
    private static final int MAX_ALIASES = 8;

    private final Map<String, Set<IpAddress>> addresses = new LinkedHashMap<>();
    /** ExternalName Services. */
    private final Map<String, String> aliases = new LinkedHashMap<>();

    private final Set<String> headless = new HashSet<>();

    public ClusterNames(Cluster cluster) {
        for (Located<Service> service : cluster.services()) {
            add(service.object());
        }
        for (Located<EndpointSlice> slice : cluster.endpointSlices()) {
            addHeadless(slice.object());
        }
        for (Located<Pod> pod : cluster.pods()) {
            add(pod.object());
        }
        for (Located<Node> node : cluster.nodes()) {
            add(node.object());
        }
    }

    /** A name has no address that could be used. */
    public static final class UnknownName extends Exception {
        private static final long serialVersionUID = 1L;

        UnknownName(String message) {
            super(message);
        }
    }

    private static String key(ObjectMeta metadata) {
        return metadata.getName() + "." + metadata.getNamespace();
    }

    private void put(String name, Stream<String> texts) {
        Set<IpAddress> of = addresses.computeIfAbsent(name, key -> new LinkedHashSet<>());
        texts.flatMap(text -> IpAddress.parse(text).stream()).forEach(of::add);
    }

    private void add(Service service) {
        String name = key(service.getMetadata());
        if ("ExternalName".equals(service.getSpec().getType())) {
            aliases.put(name, String.valueOf(service.getSpec().getExternalName()));
            return;
        }
        if ("None".equals(service.getSpec().getClusterIP())) {
            headless.add(name);
        }
        Stream<String> all = Stream.concat(
                service.getSpec().getClusterIPs().stream(),
                Stream.ofNullable(service.getSpec().getClusterIP()));
        put(name, all);
    }

    private void addHeadless(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        String service = labels == null ? null : labels.get("kubernetes.io/service-name");
        String name = service + "." + slice.getMetadata().getNamespace();
        if (!headless.contains(name)) {
            return;
        }
        for (Endpoint endpoint : slice.getEndpoints()) {
            boolean isReady = endpoint.getConditions() == null
                    || !Boolean.FALSE.equals(endpoint.getConditions().getReady());
            if (isReady) {
                put(name, endpoint.getAddresses().stream());
            }
            if (isReady && endpoint.getHostname() != null) {
                put(endpoint.getHostname() + "." + name, endpoint.getAddresses().stream());
            }
        }
    }

    private void add(Pod pod) {
        String name = key(pod.getMetadata());
        if (pod.getStatus() != null && !addresses.containsKey(name)) {
            put(
                    name,
                    Stream.concat(
                            Stream.ofNullable(pod.getStatus().getPodIP()),
                            Stream.ofNullable(pod.getStatus().getPodIPs())
                                    .flatMap(Collection::stream)
                                    .map(ip -> ip.getIp())));
        }
    }

    private void add(Node node) {
        if (node.getStatus() != null) {
            put(
                    node.getMetadata().getName(),
                    node.getStatus().getAddresses().stream()
                            .filter(address -> "InternalIP".equals(address.getType()))
                            .map(address -> address.getAddress()));
        }
    }

    /**
     * The addresses of a name, of both families, in the order in which the objects have them.
     *
     * @return never empty
     */
    @Override
    public List<IpAddress> resolve(String name) throws UnknownName {
        String alias = "";
        String asked = name;
        for (int i = 0; i < MAX_ALIASES; i++) {
            String found = known(asked);
            if (aliases.containsKey(found)) {
                asked = aliases.get(found);
                alias = "'" + name + "' is of type ExternalName: it stands for " + asked
                        + ", which is not in the cluster";
                continue;
            }
            Set<IpAddress> of = addresses.getOrDefault(found, Set.of());
            if (!of.isEmpty()) {
                return List.copyOf(of);
            }
            if (!alias.isEmpty()) {
                throw new UnknownName(alias + ": no rule is about it, write the address that it has");
            }
            throw new UnknownName(addresses.containsKey(found) ? withoutAddress(name, found) : unknown(name));
        }
        throw new UnknownName("'" + name + "' is of type ExternalName and leads back to itself");
    }

    /** What we call the thing; the name itself, without the zone, if there is none. */
    private String known(String name) {
        String host = cut(cut(cut(name.toLowerCase(Locale.ROOT), "."), ZONE), ".svc");
        return addresses.containsKey(host) || aliases.containsKey(host) || host.contains(".") && !isOfDefault(host)
                ? host
                : host + ".default";
    }

    private boolean isOfDefault(String host) {
        return addresses.containsKey(host + ".default");
    }

    private static String cut(String name, String end) {
        return name.endsWith(end) ? name.substring(0, name.length() - end.length()) : name;
    }

    private String withoutAddress(String name, String found) {
        return headless.contains(found)
                ? "'" + name + "' is headless, and none of its endpoints is ready: the name has no address"
                : "'" + name + "' has no address yet";
    }

    private String unknown(String name) {
        String near = NearName.nearest(known(name), addresses.keySet())
                .map(other -> "; did you mean " + cut(other, ".default") + "?")
                .orElse(": write service.namespace, or the name of a pod or a Node");
        return "'" + name + "' is neither an address nor a name in the cluster" + near;
    }
}
