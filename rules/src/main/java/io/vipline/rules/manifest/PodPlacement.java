package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What scheduler, network plug-in and kubelet do to a pod: a Node, an address of its range, readiness. */
final class PodPlacement {
    private final ClusterNodes nodes;
    private final Set<IpAddress> takenIps = new HashSet<>();
    private final Map<String, Integer> podsByNode = new HashMap<>();
    private final Map<String, Integer> podsByGroupAndNode = new HashMap<>();
    private final Map<String, List<AddressPool>> poolsByNode = new HashMap<>();

    /** @param stored pods that have their Node and address already */
    PodPlacement(ClusterNodes nodes, List<Parsed<Pod>> stored) {
        this.nodes = nodes;
        for (Parsed<Pod> parsed : stored) {
            PodAddresses.of(parsed.object()).forEach(takenIps::add);
            PodSpec spec = parsed.object().getSpec();
            if (spec != null && spec.getNodeName() != null) {
                podsByNode.merge(spec.getNodeName(), 1, Integer::sum);
            }
        }
    }

    /** @return Nodes that would take such a pod, in the order of the cluster */
    List<Node> eligible(PodSpec spec) {
        List<Node> eligible = new ArrayList<>();
        for (Parsed<Node> parsed : nodes.all()) {
            Node node = parsed.object();
            boolean named = spec.getNodeName() == null
                    || spec.getNodeName().isEmpty()
                    || spec.getNodeName().equals(node.getMetadata().getName());
            // a made-up Node is whatever the manifest wants it to be
            boolean suits = MadeUp.isMarked(node)
                    || Labels.match(spec.getNodeSelector(), node.getMetadata().getLabels());
            if (named && suits && tolerates(spec, node)) {
                eligible.add(node);
            }
        }
        return eligible;
    }

    private static boolean tolerates(PodSpec spec, Node node) {
        if (spec.getNodeName() != null && !spec.getNodeName().isEmpty()) {
            return true; // past the scheduler
        }
        if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
            return false;
        }
        return node.getSpec().getTaints().stream()
                .filter(taint -> !"PreferNoSchedule".equals(taint.getEffect()))
                .allMatch(taint -> spec.getTolerations().stream().anyMatch(toleration -> tolerates(toleration, taint)));
    }

    private static boolean tolerates(Toleration toleration, Taint taint) {
        boolean effect = ServiceDraft.isBlank(toleration.getEffect())
                || toleration.getEffect().equals(taint.getEffect());
        boolean anyKey = ServiceDraft.isBlank(toleration.getKey()) && "Exists".equals(toleration.getOperator());
        boolean key = anyKey || Objects.equals(toleration.getKey(), taint.getKey());
        String value = taint.getValue() == null ? "" : taint.getValue();
        String wanted = toleration.getValue() == null ? "" : toleration.getValue();
        return effect && key && ("Exists".equals(toleration.getOperator()) || wanted.equals(value));
    }

    /**
     * The Node with the fewest pods of the group, then the fewest pods, then the first.
     *
     * @param eligible not empty
     */
    Node choose(List<Node> eligible, String group) {
        Node best = null;
        long bestLoad = Long.MAX_VALUE;
        for (Node node : eligible) {
            String name = node.getMetadata().getName();
            long load = (long) podsByGroupAndNode.getOrDefault(group + "@" + name, 0) << 32
                    | podsByNode.getOrDefault(name, 0);
            if (load < bestLoad) {
                best = node;
                bestLoad = load;
            }
        }
        return best;
    }

    /** @return false if the Node has no address left */
    boolean place(Pod pod, Node node, String group) {
        String name = node.getMetadata().getName();
        boolean hostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
        List<IpAddress> ips = hostNetwork ? ClusterNodes.internalIps(node) : draw(node);
        if (ips.isEmpty()) {
            return false;
        }
        podsByNode.merge(name, 1, Integer::sum);
        podsByGroupAndNode.merge(group + "@" + name, 1, Integer::sum);
        pod.getSpec().setNodeName(name);
        pod.setStatus(running(pod, ips, ClusterNodes.internalIps(node)));
        return true;
    }

    private List<IpAddress> draw(Node node) {
        List<AddressPool> pools = poolsByNode.computeIfAbsent(node.getMetadata().getName(), name -> {
            List<AddressPool> made = new ArrayList<>();
            // the first address is the bridge's
            nodes.podRangesFor(node).forEach(range -> made.add(new AddressPool(range, 2, 2, takenIps)));
            return made;
        });
        List<IpAddress> ips = new ArrayList<>();
        for (AddressPool pool : pools) {
            Optional<IpAddress> next = pool.next();
            if (next.isEmpty()) {
                return List.of();
            }
            ips.add(next.get());
        }
        return ips;
    }

    private static PodStatus running(Pod pod, List<IpAddress> ips, List<IpAddress> hostIps) {
        PodStatus status = new PodStatus();
        status.setPhase("Running");
        PodCondition ready = new PodCondition();
        ready.setType("Ready");
        ready.setStatus("True");
        status.setConditions(new ArrayList<>(List.of(ready)));
        if (!hostIps.isEmpty()) {
            status.setHostIP(hostIps.getFirst().toString());
            status.setHostIPs(new ArrayList<>(
                    hostIps.stream().map(ip -> new HostIP(ip.toString())).toList()));
        }
        status.setPodIP(ips.getFirst().toString());
        status.setPodIPs(
                new ArrayList<>(ips.stream().map(ip -> new PodIP(ip.toString())).toList()));
        List<ContainerStatus> containers = new ArrayList<>();
        pod.getSpec().getContainers().forEach(container -> {
            ContainerStatus state = new ContainerStatus();
            state.setName(container.getName());
            state.setReady(true);
            state.setRestartCount(0);
            containers.add(state);
        });
        status.setContainerStatuses(containers);
        return status;
    }
}
