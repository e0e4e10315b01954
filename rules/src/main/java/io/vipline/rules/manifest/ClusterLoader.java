package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Reads manifests and fills in what API server, controllers, scheduler and network plug-in would: deterministically, in
 * the order of the manifests. Services with a cluster IP were stored by some API server and get nothing but the defaults
 * of its decoder.
 */
public final class ClusterLoader {
    private final ClusterSettings settings;
    private final ProblemLog problems;
    private final Manifests manifests;

    private ClusterLoader(ClusterSettings settings, ProblemLog problems, Manifests manifests) {
        this.settings = settings;
        this.problems = problems;
        this.manifests = manifests;
    }

    /**
     * @param sources opened, read and closed one after another
     * @throws IOException if a reader fails
     */
    public static LoadedCluster load(List<ManifestSource> sources, ClusterSettings settings) throws IOException {
        ProblemLog problems = new ProblemLog();
        Manifests manifests = ManifestReader.read(sources, problems);
        Cluster cluster = new ClusterLoader(settings, problems, manifests).complete();
        return new LoadedCluster(
                cluster,
                problems.inOrder(sources.stream().map(ManifestSource::name).toList()));
    }

    private Cluster complete() {
        ServiceRanges ranges = ServiceRanges.of(manifests.of(ServiceCIDR.class), settings, problems);
        List<ServiceDraft> services = services(ranges);
        List<IpFamily> families = ranges.families(services);
        ClusterNodes nodes = new ClusterNodes(manifests.of(Node.class), settings, families, problems);
        ClusterPods pods = pods(nodes);
        ClusterSlices slices = new ClusterSlices(manifests.of(EndpointSlice.class), problems);
        slices.complete(services, manifests.of(Endpoints.class), new SliceDerivation(nodes), pods.index());
        PartOrigins parts = new PartOrigins(pods.all());
        return new Cluster(
                inOrder(services.stream().map(service -> service.parsed).toList(), PartOrigins::ofPorts),
                inOrder(slices.all(), parts::ofEndpoints),
                inOrder(pods.all(), Parsed::located),
                inOrder(nodes.all(), Parsed::located),
                ranges.used(families, services.isEmpty() || services.stream().anyMatch(service -> service.authored)),
                PodRanges.covering(pods.all(), nodes));
    }

    private List<ServiceDraft> services(ServiceRanges ranges) {
        List<ServiceDraft> services = new ArrayList<>();
        FamilyChoice families = new FamilyChoice(ranges, problems);
        for (Parsed<Service> parsed : manifests.of(Service.class)) {
            ServiceDraft service = new ServiceDraft(parsed);
            ServiceDefaults.apply(service);
            new ServiceChecks(service, problems).check();
            if (!service.broken) {
                families.settle(service);
            }
            services.add(service);
        }
        new ClusterIpAllocation(ranges, problems).allocate(services);
        new NodePortAllocation(settings.nodePorts(), problems).allocate(services);
        new LoadBalancerAllocation(problems).allocate(services);
        services.removeIf(service -> service.broken);
        return services;
    }

    private ClusterPods pods(ClusterNodes nodes) {
        ClusterPods pods = new ClusterPods(manifests.of(Pod.class), nodes, problems);
        List<Parsed<? extends HasMetadata>> workloads = new ArrayList<>();
        workloads.addAll(manifests.of(ReplicaSet.class)); // before the Deployments that own them and count their pods
        workloads.addAll(manifests.of(Deployment.class));
        workloads.addAll(manifests.of(StatefulSet.class));
        workloads.addAll(manifests.of(DaemonSet.class));
        // a live cluster's pods are what they are, whatever its workloads wish
        boolean hasDump = !manifests.of(Pod.class).isEmpty()
                || !manifests.of(EndpointSlice.class).isEmpty();
        for (Parsed<? extends HasMetadata> parsed : workloads) {
            Workload workload = Workload.of(parsed);
            if (!(workload.isStored() && hasDump)) {
                pods.expand(workload);
            }
        }
        return pods;
    }

    private static <T extends HasMetadata> List<Located<T>> inOrder(
            List<Parsed<T>> parsed, Function<Parsed<T>, Located<T>> located) {
        return parsed.stream()
                .sorted(Comparator.comparing(
                                (Parsed<T> one) -> one.object().getMetadata().getNamespace() == null
                                        ? ""
                                        : one.object().getMetadata().getNamespace())
                        .thenComparing(one -> one.object().getMetadata().getName()))
                .map(located)
                .toList();
    }
}
