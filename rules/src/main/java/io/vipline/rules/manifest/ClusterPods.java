package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.vipline.rules.manifest.Workload.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The pods: those given, and those that the workload controllers would make. */
final class ClusterPods {
    /** A cluster's limit by Kubernetes' own thresholds is 150,000. */
    private static final int MAX_PODS = 200_000;

    private final List<Parsed<Pod>> pods;
    private final PodIndex index = new PodIndex();
    private final Set<String> names = new HashSet<>();
    private final PodPlacement placement;
    private final ProblemLog problems;

    ClusterPods(List<Parsed<Pod>> given, ClusterNodes nodes, ProblemLog problems) {
        pods = new ArrayList<>(given);
        this.problems = problems;
        placement = new PodPlacement(
                nodes,
                given.stream()
                        .filter(pod -> !PodAddresses.isAuthored(pod.object()))
                        .toList());
        for (Parsed<Pod> pod : given) {
            index.add(pod);
            names.add(key(pod.object().getMetadata()));
            if (PodAddresses.isAuthored(pod.object())) {
                completeAuthored(pod);
            }
        }
    }

    private static String key(ObjectMeta metadata) {
        return metadata.getNamespace() + "/" + metadata.getName();
    }

    List<Parsed<Pod>> all() {
        return pods;
    }

    PodIndex index() {
        return index;
    }

    private void completeAuthored(Parsed<Pod> parsed) {
        Pod pod = parsed.object();
        if (pod.getSpec() == null) {
            pod.setSpec(new PodSpec());
        }
        List<Node> eligible = placement.eligible(pod.getSpec());
        String group = "Pod " + key(pod.getMetadata());
        if (eligible.isEmpty()) {
            noNode(parsed, group);
        } else if (placement.place(pod, placement.choose(eligible, group), group)) {
            MadeUp.mark(pod);
        } else {
            noAddress(parsed, group);
        }
    }

    /** Makes the pods that a workload still lacks. */
    void expand(Workload workload) {
        if (workload.template() == null || !workload.hasSelector()) {
            problems.error(
                    workload.parsed().at("spec"),
                    workload.title() + " lacks a selector or a template",
                    "the API server refuses it",
                    "add spec.selector and spec.template");
            return;
        }
        PodTemplateSpec template = workload.template();
        Map<String, String> labels =
                template.getMetadata() == null ? null : template.getMetadata().getLabels();
        if (!Labels.match(workload.selector(), labels)) {
            problems.error(
                    workload.parsed().at("spec", "selector"),
                    "the selector of " + workload.title() + " does not match its template's labels",
                    "the controller would never find its own pods",
                    "make spec.selector and spec.template.metadata.labels agree");
            return;
        }
        PodMaker maker = new PodMaker(workload);
        List<Node> eligible = placement.eligible(maker.spec());
        if (eligible.isEmpty()) {
            noNode(workload.parsed(), workload.title());
            return;
        }
        if (workload.kind() == Kind.DAEMON_SET) {
            expandDaemons(workload, maker, eligible);
        } else {
            expandReplicas(workload, maker, eligible);
        }
    }

    private void expandReplicas(Workload workload, PodMaker maker, List<Node> eligible) {
        long missing = workload.replicas()
                - index.select(workload.namespace(), workload.selector()).size();
        if (pods.size() + missing > MAX_PODS) {
            problems.error(
                    workload.parsed().at("spec", "replicas"),
                    "the cluster would have more than " + MAX_PODS + " pods",
                    "no Kubernetes cluster has",
                    "lower the replicas");
            return;
        }
        int index = workload.kind() == Kind.STATEFUL_SET ? workload.firstOrdinal() : 0;
        while (missing > 0) {
            String name = maker.name(index++);
            if (names.contains(workload.namespace() + "/" + name)) {
                continue;
            }
            Node node = placement.choose(eligible, workload.title());
            if (!make(workload, maker, name, node)) {
                return;
            }
            missing--;
        }
    }

    private void expandDaemons(Workload workload, PodMaker maker, List<Node> eligible) {
        Set<String> served = new HashSet<>();
        for (Parsed<Pod> parsed : index.select(workload.namespace(), workload.selector())) {
            if (parsed.object().getSpec() != null) {
                served.add(parsed.object().getSpec().getNodeName());
            }
        }
        for (Node node : eligible) {
            String nodeName = node.getMetadata().getName();
            if (!served.contains(nodeName) && !make(workload, maker, maker.name(nodeName), node)) {
                return;
            }
        }
    }

    private boolean make(Workload workload, PodMaker maker, String name, Node node) {
        Pod pod = maker.make(name);
        if (!placement.place(pod, node, workload.title())) {
            noAddress(workload.parsed(), workload.title());
            return false;
        }
        MadeUp.mark(pod);
        names.add(key(pod.getMetadata()));
        Parsed<Pod> parsed =
                new Parsed<>(pod, workload.parsed().source(), workload.parsed().tree());
        pods.add(parsed);
        index.add(parsed);
        return true;
    }

    private void noNode(Parsed<?> parsed, String title) {
        problems.warning(
                parsed.at("spec"),
                title + " fits no Node",
                "nodeName, nodeSelector or a taint excludes them all, so its pods stay without an address",
                "add a Node that suits, or a toleration");
    }

    private void noAddress(Parsed<?> parsed, String title) {
        problems.error(
                parsed.at("spec"),
                "no address is left for a pod of " + title,
                "the pod range of its Node is full",
                "add Nodes, or make up more with --nodes");
    }
}
