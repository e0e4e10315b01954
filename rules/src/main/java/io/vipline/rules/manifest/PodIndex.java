package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds a namespace's pods by label without looking at all of them: there may be thousands of Services. */
final class PodIndex {
    private record Label(String namespace, String key, String value) {}

    private final Map<Label, List<Parsed<Pod>>> byLabel = new HashMap<>();

    PodIndex(List<Parsed<Pod>> pods) {
        List<Parsed<Pod>> sorted = new ArrayList<>(pods);
        sorted.sort(Comparator.comparing(pod -> pod.object().getMetadata().getName()));
        for (Parsed<Pod> pod : sorted) {
            Map<String, String> labels = pod.object().getMetadata().getLabels();
            if (labels == null) {
                continue;
            }
            String namespace = pod.object().getMetadata().getNamespace();
            labels.forEach((key, value) -> byLabel.computeIfAbsent(
                            new Label(namespace, key, value), label -> new ArrayList<>())
                    .add(pod));
        }
    }

    /**
     * Pods by name order.
     *
     * @param selector not empty
     */
    List<Parsed<Pod>> select(String namespace, Map<String, String> selector) {
        List<Parsed<Pod>> fewest = null;
        for (Map.Entry<String, String> entry : selector.entrySet()) {
            List<Parsed<Pod>> candidates =
                    byLabel.getOrDefault(new Label(namespace, entry.getKey(), entry.getValue()), List.of());
            if (fewest == null || candidates.size() < fewest.size()) {
                fewest = candidates;
            }
        }
        return fewest.stream()
                .filter(pod -> Labels.match(selector, pod.object().getMetadata().getLabels()))
                .toList();
    }
}
