package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the API server refuses of a Service ({@code pkg/apis/core/validation}, {@code ValidateService}), as far as the
 * data path depends on it. A stored Service has passed: only values that cannot be used at all count against it.
 */
final class ServiceChecks {
    private static final Pattern PORT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Set<String> TYPES = Set.of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName");
    private static final Set<String> POLICIES = Set.of("Cluster", "Local");
    private static final Set<String> AFFINITIES = Set.of("None", "ClientIP");
    private static final Set<String> FAMILY_POLICIES = Set.of("SingleStack", "PreferDualStack", "RequireDualStack");
    private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
    private static final int MAX_AFFINITY_SECONDS = 86400;

    private final ServiceDraft service;
    private final ProblemLog problems;

    ServiceChecks(ServiceDraft service, ProblemLog problems) {
        this.service = service;
        this.problems = problems;
    }

    void check() {
        checkWords();
        checkAddresses();
        checkAffinity();
        if (service.isHeadless() && service.isReachableOnNodes()) {
            refuse(
                    "a headless Service has no node ports",
                    "its type is " + service.spec().getType(),
                    "remove clusterIP: None",
                    "spec",
                    "clusterIP");
        }
        boolean needsPorts = !service.isHeadless() && !service.isExternalName();
        if (service.ports().isEmpty() && needsPorts && service.authored) {
            refuse(service.name() + " has no ports", "a Service needs one", "add spec.ports", "spec");
        }
        for (int i = 0; i < service.ports().size(); i++) {
            checkPort(i);
        }
        if (service.authored) {
            checkUniqueness();
        }
    }

    private void refuse(String what, String why, String mend, Object... path) {
        service.broken = true;
        problems.error(service.at(path), what, why, mend);
    }

    private void checkWords() {
        ServiceSpec spec = service.spec();
        word(spec.getType(), TYPES, "type");
        word(spec.getExternalTrafficPolicy(), POLICIES, "externalTrafficPolicy");
        word(spec.getInternalTrafficPolicy(), POLICIES, "internalTrafficPolicy");
        word(spec.getSessionAffinity(), AFFINITIES, "sessionAffinity");
        word(spec.getIpFamilyPolicy(), FAMILY_POLICIES, "ipFamilyPolicy");
    }

    private void word(String value, Set<String> allowed, String field) {
        if (!ServiceDraft.isBlank(value) && !allowed.contains(value)) {
            String list = String.join(", ", allowed.stream().sorted().toList());
            refuse("\"" + value + "\" is no " + field, "the API knows " + list, "write one of these", "spec", field);
        }
    }

    private void checkAddresses() {
        ServiceSpec spec = service.spec();
        if (!service.authored) {
            address(spec.getClusterIP(), "spec", "clusterIP");
            for (int i = 0; i < spec.getClusterIPs().size(); i++) {
                address(spec.getClusterIPs().get(i), "spec", "clusterIPs", i);
            }
        }
        if (!ServiceDraft.isBlank(spec.getLoadBalancerIP())) {
            address(spec.getLoadBalancerIP(), "spec", "loadBalancerIP");
        }
        for (int i = 0; i < spec.getExternalIPs().size(); i++) {
            address(spec.getExternalIPs().get(i), "spec", "externalIPs", i);
        }
        List<LoadBalancerIngress> ingress = LoadBalancerAllocation.ingress(service);
        for (int i = 0; i < ingress.size(); i++) {
            if (!ServiceDraft.isBlank(ingress.get(i).getIp())) {
                address(ingress.get(i).getIp(), "status", "loadBalancer", "ingress", i, "ip");
            }
        }
        checkSourceRanges(spec.getLoadBalancerSourceRanges());
    }

    private void checkSourceRanges(List<String> ranges) {
        for (int i = 0; i < ranges.size(); i++) {
            if (Cidr.parse(ranges.get(i).strip()).isEmpty()) {
                refuse(
                        "\"" + ranges.get(i) + "\" is no range of addresses",
                        "loadBalancerSourceRanges names ranges",
                        "write it like 192.0.2.0/24",
                        "spec",
                        "loadBalancerSourceRanges",
                        i);
            }
        }
    }

    private void address(String text, Object... path) {
        if (IpAddress.parse(text).isEmpty()) {
            refuse("\"" + text + "\" is no IP address", "the field wants one", "write it like 10.0.0.1", path);
        }
    }

    private void checkAffinity() {
        ServiceSpec spec = service.spec();
        if (!"ClientIP".equals(spec.getSessionAffinity())) {
            return;
        }
        int seconds = spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds();
        if (seconds < 1 || seconds > MAX_AFFINITY_SECONDS) {
            refuse(
                    "an affinity of " + seconds + " seconds is out of range",
                    "the API takes 1 to " + MAX_AFFINITY_SECONDS,
                    "write a number between",
                    "spec",
                    "sessionAffinityConfig",
                    "clientIP",
                    "timeoutSeconds");
        }
    }

    private void checkPort(int index) {
        ServicePort port = service.ports().get(index);
        if (port.getPort() == null) {
            refuse(
                    "a port of " + service.name() + " has no number",
                    "port is required",
                    "add port",
                    "spec",
                    "ports",
                    index);
            return;
        }
        portNumber(port.getPort(), "spec", "ports", index, "port");
        if (!PROTOCOLS.contains(port.getProtocol())) {
            String why = "the API knows TCP, UDP and SCTP";
            refuse(
                    "\"" + port.getProtocol() + "\" is no protocol",
                    why,
                    "write one of these",
                    "spec",
                    "ports",
                    index,
                    "protocol");
        }
        Integer nodePort = port.getNodePort();
        if (nodePort != null && nodePort != 0) {
            portNumber(nodePort, "spec", "ports", index, "nodePort");
            if (service.authored && !service.isReachableOnNodes()) {
                String what = service.name() + " has a node port";
                String why = "its type is " + service.spec().getType();
                refuse(what, why, "write type: NodePort or remove it", "spec", "ports", index, "nodePort");
            }
        }
        checkTarget(port, index);
    }

    private void portNumber(int number, Object... path) {
        if (number < 1 || number > 65535) {
            refuse(number + " is no port", "ports are 1 to 65535", "write a number between", path);
        }
    }

    private void checkTarget(ServicePort port, int index) {
        Object[] path = {"spec", "ports", index, "targetPort"};
        Integer number = port.getTargetPort().getIntVal();
        String name = port.getTargetPort().getStrVal();
        if (name == null && number != null && !number.equals(port.getPort())) {
            portNumber(number, path);
        } else if (name != null && name.chars().allMatch(Character::isDigit)) {
            refuse(
                    "targetPort \"" + name + "\" is a name of digits",
                    "a port's name has a letter",
                    "remove the quotes",
                    path);
        }
    }

    private void checkUniqueness() {
        Map<String, Integer> names = new HashMap<>();
        Map<String, Integer> numbers = new HashMap<>();
        List<ServicePort> ports = service.ports();
        for (int i = 0; i < ports.size(); i++) {
            ServicePort port = ports.get(i);
            String name = port.getName() == null ? "" : port.getName();
            if (name.isEmpty() && ports.size() > 1) {
                String what = "port " + port.getPort() + " of " + service.name() + " has no name";
                refuse(what, "several ports are told apart by name", "add name", "spec", "ports", i);
            } else if (!name.isEmpty() && !PORT_NAME.matcher(name).matches()) {
                String why = "it is made of a-z, 0-9 and -, up to 63";
                refuse("\"" + name + "\" is no port name", why, "write one like http", "spec", "ports", i, "name");
            } else if (!name.isEmpty() && names.putIfAbsent(name, i) != null) {
                String why = "ports are told apart by name";
                refuse("port name \"" + name + "\" stands twice", why, "rename one", "spec", "ports", i, "name");
            }
            String number = port.getPort() + "/" + port.getProtocol();
            if (port.getPort() != null && numbers.putIfAbsent(number, i) != null) {
                String what = "port " + number + " of " + service.name() + " stands twice";
                refuse(what, "one address and port lead to one target", "remove one", "spec", "ports", i, "port");
            }
        }
    }
}
