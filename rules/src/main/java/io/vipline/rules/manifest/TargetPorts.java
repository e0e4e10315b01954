package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.vipline.rules.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds the port of a pod that a Service port leads to ({@code pkg/api/v1/pod/util.go}, {@code FindPort}). */
final class TargetPorts {
    private TargetPorts() {}

    /** @return empty if the pod has no port of that name and protocol */
    static Optional<Integer> find(Pod pod, ServicePort port) {
        String name = port.getTargetPort().getStrVal();
        if (name == null) {
            return Optional.ofNullable(port.getTargetPort().getIntVal());
        }
        return namedPorts(pod)
                .filter(candidate ->
                        name.equals(candidate.getName()) && protocol(candidate).equals(port.getProtocol()))
                .map(ContainerPort::getContainerPort)
                .findFirst();
    }

    private static String protocol(ContainerPort port) {
        return ServiceDraft.isBlank(port.getProtocol()) ? "TCP" : port.getProtocol();
    }

    /** Ports of the containers, then of the init containers that run on (sidecars). */
    private static Stream<ContainerPort> namedPorts(Pod pod) {
        List<Container> containers = new ArrayList<>();
        if (pod.getSpec() != null) {
            containers.addAll(pod.getSpec().getContainers());
            pod.getSpec().getInitContainers().stream()
                    .filter(container -> "Always".equals(container.getRestartPolicy()))
                    .forEach(containers::add);
        }
        return containers.stream()
                .flatMap(container -> container.getPorts().stream())
                .filter(port -> port.getContainerPort() != null && !ServiceDraft.isBlank(port.getName()));
    }

    /** What a slice says of the pod's ports; those that the pod lacks are left out. */
    static List<EndpointPort> slicePorts(ServiceDraft service, Pod pod) {
        List<EndpointPort> ports = new ArrayList<>();
        for (ServicePort port : service.ports()) {
            find(pod, port).ifPresent(number -> {
                String name = port.getName() == null ? "" : port.getName();
                ports.add(new EndpointPort(port.getAppProtocol(), name, number, port.getProtocol()));
            });
        }
        return ports;
    }

    /** Reports names that none of the pods has. */
    static void check(ServiceDraft service, List<Parsed<Pod>> pods, ProblemLog problems) {
        for (int i = 0; i < service.ports().size(); i++) {
            ServicePort port = service.ports().get(i);
            String name = port.getTargetPort().getStrVal();
            if (name == null
                    || pods.isEmpty()
                    || pods.stream().anyMatch(pod -> find(pod.object(), port).isPresent())) {
                continue;
            }
            Origin at = service.at("spec", "ports", i, "targetPort");
            String what = "targetPort \"" + name + "\" is not a port name of any pod behind " + service.name()
                    + " (has: " + offered(pods, port.getProtocol()) + ")";
            String why = "its connections would be rejected";
            String mend = "name one of those, or the port's number";
            if (service.authored) {
                problems.error(at, what, why, mend);
            } else {
                problems.warning(at, what, why, mend);
            }
        }
    }

    private static String offered(List<Parsed<Pod>> pods, String protocol) {
        TreeSet<String> names = new TreeSet<>();
        for (Parsed<Pod> pod : pods) {
            namedPorts(pod.object())
                    .map(port ->
                            protocol(port).equals(protocol) ? port.getName() : port.getName() + "/" + protocol(port))
                    .forEach(names::add);
        }
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
