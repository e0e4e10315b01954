package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.Map;

/** Matching of labels ({@code k8s.io/apimachinery/pkg/labels}). */
final class Labels {
    private Labels() {}

    /** @param labels null for none. @return whether every wanted label is there with that value */
    static boolean match(Map<String, String> wanted, Map<String, String> labels) {
        if (labels == null) {
            return wanted.isEmpty();
        }
        for (Map.Entry<String, String> entry : wanted.entrySet()) {
            if (!entry.getValue().equals(labels.get(entry.getKey()))) {
                return false;
            }
        }
        return true;
    }

    static boolean match(LabelSelector selector, Map<String, String> labels) {
        if (!match(selector.getMatchLabels(), labels)) {
            return false;
        }
        return selector.getMatchExpressions().stream().allMatch(requirement -> match(requirement, labels));
    }

    private static boolean match(LabelSelectorRequirement requirement, Map<String, String> labels) {
        if (requirement.getOperator() == null || requirement.getKey() == null) {
            return false;
        }
        String value = labels == null ? null : labels.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}
