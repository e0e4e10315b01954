package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds a namespace's pods by label without looking at all of them: there may be thousands of Services. */
final class PodIndex {
    private record Label(String namespace, String key, String value) {}

    private final Map<String, List<Parsed<Pod>>> byNamespace = new HashMap<>();
    private final Map<Label, List<Parsed<Pod>>> byLabel = new HashMap<>();

    void add(Parsed<Pod> pod) {
        String namespace = pod.object().getMetadata().getNamespace();
        byNamespace.computeIfAbsent(namespace, name -> new ArrayList<>()).add(pod);
        Map<String, String> labels = pod.object().getMetadata().getLabels();
        if (labels != null) {
            labels.forEach((key, value) -> byLabel.computeIfAbsent(
                            new Label(namespace, key, value), label -> new ArrayList<>())
                    .add(pod));
        }
    }

    /** The pods that have all these labels, by name. */
    List<Parsed<Pod>> select(String namespace, Map<String, String> labels) {
        return candidates(namespace, labels).stream()
                .filter(pod -> Labels.match(labels, pod.object().getMetadata().getLabels()))
                .sorted(Comparator.comparing(pod -> pod.object().getMetadata().getName()))
                .toList();
    }

    /** The pods that match, in the order added. */
    List<Parsed<Pod>> select(String namespace, LabelSelector selector) {
        return candidates(namespace, selector.getMatchLabels()).stream()
                .filter(pod -> Labels.match(selector, pod.object().getMetadata().getLabels()))
                .toList();
    }

    /** A list that holds every pod with these labels, the shortest of those at hand. */
    private List<Parsed<Pod>> candidates(String namespace, Map<String, String> labels) {
        List<Parsed<Pod>> fewest = byNamespace.getOrDefault(namespace, List.of());
        for (Map.Entry<String, String> entry : labels.entrySet()) {
            List<Parsed<Pod>> having =
                    byLabel.getOrDefault(new Label(namespace, entry.getKey(), entry.getValue()), List.of());
            if (having.size() < fewest.size()) {
                fewest = having;
            }
        }
        return fewest;
    }
}
