package io.vipline.tools.explain.hint;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Located;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Why no endpoint of a Service port can take a packet. */
final class EmptyService {
    private final Scene scene;
    private final Aim aim;
    private final Service service;

    EmptyService(Scene scene, Aim aim) {
        this.scene = scene;
        this.aim = aim;
        this.service = scene.service(aim.port());
    }

    String why() {
        if (!aim.service().endpoints().isEmpty()) {
            return notReady();
        }
        List<EndpointSlice> all = scene.slices(aim);
        String family = aim.port().clusterIp().family().text();
        List<EndpointSlice> slices = all.stream()
                .filter(slice -> family.equals(slice.getAddressType()))
                .toList();
        if (endpoints(slices).findAny().isPresent()) {
            return portUnmatched(slices);
        }
        if (endpoints(all).findAny().isPresent()) {
            return aim.serviceName() + " has no " + family + " endpoint, those that it has are of the other family";
        }
        Map<String, String> selector = service.getSpec().getSelector();
        return selector == null || selector.isEmpty()
                ? aim.serviceName() + " has no selector and no EndpointSlice: nobody says what is behind it"
                : nothingSelected(selector);
    }

    private static Stream<Endpoint> endpoints(List<EndpointSlice> slices) {
        return slices.stream().flatMap(slice -> slice.getEndpoints().stream());
    }

    private String notReady() {
        List<io.vipline.rules.policy.Endpoint> endpoints = aim.service().endpoints();
        String addresses = Scene.addresses(endpoints.stream());
        boolean terminating = endpoints.stream().allMatch(io.vipline.rules.policy.Endpoint::terminating);
        String what = terminating
                ? "all endpoints of " + aim.name() + " are terminating, and serve no more: " + addresses
                : endpoints.size() == 1
                        ? "the only endpoint of " + aim.name() + " is not ready: " + addresses
                        : "none of the " + endpoints.size() + " endpoints of " + aim.name() + " is ready: " + addresses;
        boolean bySelector =
                !Map.of().equals(Objects.requireNonNullElse(service.getSpec().getSelector(), Map.of()));
        return what
                + (bySelector && !terminating
                        ? "; packets go there once readiness probes succeed, or with publishNotReadyAddresses"
                        : "");
    }

    /** There are endpoints, but not under the name of the Service's port. */
    private String portUnmatched(List<EndpointSlice> slices) {
        var port = aim.port().name();
        ServicePort written = service.getSpec().getPorts().stream()
                .filter(one -> port.port().equals(Objects.requireNonNullElse(one.getName(), "")))
                .findFirst()
                .orElseThrow();
        boolean named =
                written.getTargetPort() != null && written.getTargetPort().getStrVal() != null;
        boolean derived = service.getSpec().getSelector() != null
                && !service.getSpec().getSelector().isEmpty();
        if (named && derived) {
            return "no pod behind " + aim.serviceName() + " has a container port named \""
                    + written.getTargetPort().getStrVal() + "\" for "
                    + port.protocol().text().toUpperCase()
                    + ", which is the targetPort of " + aim.name();
        }
        TreeSet<String> there = slices.stream()
                .flatMap(slice -> slice.getPorts().stream())
                .map(EmptyService::text)
                .collect(Collectors.toCollection(TreeSet::new));
        return "the EndpointSlices of " + aim.serviceName() + " have no port \"" + port.port() + "\" for "
                + port.protocol().text().toUpperCase() + ", they have "
                + (there.isEmpty() ? "none" : Scene.some(there))
                + ": name and protocol must be those of the Service's port";
    }

    private static String text(EndpointPort port) {
        String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
        return "\"" + Objects.requireNonNullElse(port.getName(), "") + "\" " + protocol + " " + port.getPort();
    }

    private String nothingSelected(Map<String, String> selector) {
        String namespace = service.getMetadata().getNamespace();
        String wanted = selector.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .sorted()
                .collect(Collectors.joining(","));
        String what = "the selector " + wanted + " of " + aim.serviceName();
        List<Pod> selected = pods(selector).filter(pod -> isIn(pod, namespace)).toList();
        if (!selected.isEmpty()) {
            return what + " matches no pod that runs with an address of the family, only " + names(selected);
        }
        List<Pod> elsewhere = pods(selector).toList();
        if (!elsewhere.isEmpty()) {
            return what + " matches no pod of namespace " + namespace + ", only " + names(elsewhere)
                    + ": a Service selects within its own namespace";
        }
        return what + " matches no pod of namespace " + namespace + near(selector, namespace);
    }

    private Stream<Pod> pods(Map<String, String> selector) {
        return scene.cluster().pods().stream()
                .map(Located::object)
                .filter(pod -> labels(pod).entrySet().containsAll(selector.entrySet()));
    }

    private static Map<String, String> labels(Pod pod) {
        return Objects.requireNonNullElse(pod.getMetadata().getLabels(), Map.of());
    }

    private static boolean isIn(Pod pod, String namespace) {
        return namespace.equals(pod.getMetadata().getNamespace());
    }

    private static String names(List<Pod> pods) {
        return Scene.some(pods.stream()
                .map(pod -> pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName())
                .toList());
    }

    /** What the labels asked for are on the pods that are there. */
    private String near(Map<String, String> selector, String namespace) {
        TreeSet<String> there = scene.cluster().pods().stream()
                .map(Located::object)
                .filter(pod -> isIn(pod, namespace))
                .flatMap(pod -> labels(pod).entrySet().stream())
                .filter(label -> selector.containsKey(label.getKey()))
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.toCollection(TreeSet::new));
        return there.isEmpty() ? "" : "; pods there have " + Scene.some(there);
    }
}
