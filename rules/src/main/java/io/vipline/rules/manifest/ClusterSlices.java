package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The EndpointSlices: those given win over Endpoints, and those over what selectors pick. */
final class ClusterSlices {
    private final List<Parsed<EndpointSlice>> slices;
    private final Map<String, List<Parsed<EndpointSlice>>> byService = new HashMap<>();
    private final ProblemLog problems;

    ClusterSlices(List<Parsed<EndpointSlice>> given, ProblemLog problems) {
        slices = new ArrayList<>();
        this.problems = problems;
        for (Parsed<EndpointSlice> slice : given) {
            if (!isUsable(slice)) {
                continue;
            }
            slice.object().getPorts().forEach(ClusterSlices::setDefaults);
            Map<String, String> labels = slice.object().getMetadata().getLabels();
            String service = labels == null ? null : labels.get(SliceDerivation.SERVICE_NAME);
            if (service == null) {
                problems.warning(
                        slice.at("metadata", "labels"),
                        "EndpointSlice " + slice.object().getMetadata().getName() + " belongs to no Service",
                        "it lacks the label " + SliceDerivation.SERVICE_NAME,
                        "add the label with the Service's name");
            }
            add(slice, service);
        }
    }

    /** What the API server fills in ({@code pkg/apis/discovery/v1/defaults.go}, {@code SetDefaults_EndpointPort}). */
    private static void setDefaults(EndpointPort port) {
        if (port.getName() == null) {
            port.setName("");
        }
        if (ServiceDraft.isBlank(port.getProtocol())) {
            port.setProtocol("TCP");
        }
    }

    private boolean isUsable(Parsed<EndpointSlice> slice) {
        String type = slice.object().getAddressType();
        boolean usable = !ServiceDraft.isBlank(type);
        if (!usable) {
            problems.error(
                    slice.at(),
                    "an EndpointSlice has no addressType",
                    "the API server refuses it",
                    "add addressType: IPv4");
        }
        for (int i = 0; i < slice.object().getEndpoints().size(); i++) {
            List<String> addresses = slice.object().getEndpoints().get(i).getAddresses();
            for (int j = 0; j < addresses.size(); j++) {
                String family = IpAddress.parse(addresses.get(j))
                        .map(ip -> ip.family().text())
                        .orElse("FQDN");
                if (!ServiceDraft.isBlank(type) && !family.equals(type)) {
                    usable = false;
                    problems.error(
                            slice.at("endpoints", i, "addresses", j),
                            "\"" + addresses.get(j) + "\" is no " + type + " address",
                            "addressType of its slice is " + type,
                            "correct one of the two");
                }
            }
        }
        return usable;
    }

    private void add(Parsed<EndpointSlice> slice, String service) {
        slices.add(slice);
        String key = slice.object().getMetadata().getNamespace() + "/" + service;
        byService.computeIfAbsent(key, name -> new ArrayList<>()).add(slice);
    }

    List<Parsed<EndpointSlice>> all() {
        return slices;
    }

    /** Fills in the slices that Services still lack. */
    void complete(
            List<ServiceDraft> services, List<Parsed<Endpoints>> endpoints, SliceDerivation derivation, PodIndex pods) {
        Map<String, Parsed<Endpoints>> endpointsByName = new HashMap<>();
        endpoints.forEach(parsed -> endpointsByName.put(key(parsed.object()), parsed));
        for (ServiceDraft service : services) {
            Parsed<Endpoints> written = endpointsByName.remove(service.name());
            if (service.isExternalName() || byService.containsKey(service.name())) {
                continue;
            }
            Map<String, String> selector = service.spec().getSelector();
            if (written != null) {
                EndpointsMirror.slices(service, written)
                        .forEach(slice -> add(slice, service.metadata().getName()));
            } else if (!selector.isEmpty()) {
                List<Parsed<Pod>> selected = pods.select(service.namespace(), selector);
                TargetPorts.check(service, selected, problems);
                derivation
                        .derive(service, selected)
                        .forEach(slice -> add(
                                new Parsed<>(slice, service.parsed.source(), service.parsed.tree()),
                                service.metadata().getName()));
            }
        }
        endpointsByName.values().forEach(this::warnOfOrphan);
        services.forEach(this::warnOfEmptiness);
    }

    private static String key(HasMetadata object) {
        return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    }

    private void warnOfOrphan(Parsed<Endpoints> endpoints) {
        problems.warning(
                endpoints.at("metadata", "name"),
                "Endpoints " + key(endpoints.object()) + " belong to no Service",
                "there is none of that name",
                "give the Service too, or correct the name");
    }

    private void warnOfEmptiness(ServiceDraft service) {
        if (service.isExternalName() || service.isHeadless() || service.isLeftToOthers()) {
            return;
        }
        int endpoints = 0;
        int usable = 0;
        for (Parsed<EndpointSlice> slice : byService.getOrDefault(service.name(), List.of())) {
            for (Endpoint endpoint : slice.object().getEndpoints()) {
                endpoints++;
                usable += isUsable(endpoint) ? 1 : 0;
            }
        }
        if (usable > 0) {
            return;
        }
        boolean bySelector = !service.spec().getSelector().isEmpty();
        problems.warning(
                bySelector ? service.at("spec", "selector") : service.at("metadata", "name"),
                "Service " + service.name() + " has no endpoint" + (endpoints == 0 ? "" : " that is ready"),
                endpoints == 0 && bySelector
                        ? "its selector matches no pod of the namespace with an address, so its packets are rejected"
                        : "its packets are rejected",
                bySelector ? "check selector and labels" : "add an EndpointSlice");
    }

    private static boolean isUsable(Endpoint endpoint) {
        return endpoint.getConditions() == null
                || !Boolean.FALSE.equals(endpoint.getConditions().getReady())
                || !Boolean.FALSE.equals(endpoint.getConditions().getServing());
    }
}
