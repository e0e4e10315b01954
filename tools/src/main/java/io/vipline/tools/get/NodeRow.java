package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A Node's row: {@code printNode} in kubectl's printers. */
final class NodeRow {
    private static final String ROLE = "node-role.kubernetes.io/";

    private NodeRow() {}

    static void add(Node node, boolean wide, String age, List<String> cells) {
        NodeSystemInfo info = node.getStatus() == null || node.getStatus().getNodeInfo() == null
                ? new NodeSystemInfo()
                : node.getStatus().getNodeInfo();
        cells.add(status(node));
        cells.add(roles(node));
        cells.add(age);
        cells.add(orUnknown(info.getKubeletVersion()));
        if (wide) {
            cells.add(address(node, "InternalIP"));
            cells.add(address(node, "ExternalIP"));
            cells.add(orUnknown(info.getOsImage()));
            cells.add(orUnknown(info.getKernelVersion()));
            cells.add(orUnknown(info.getContainerRuntimeVersion()));
        }
    }

    private static String orUnknown(String text) {
        return text == null || text.isEmpty() ? "<unknown>" : text;
    }

    private static String status(Node node) {
        String ready = node.getStatus().getConditions().stream()
                .filter(condition -> "Ready".equals(condition.getType()))
                .map(condition -> "True".equals(condition.getStatus()) ? "Ready" : "NotReady")
                .findFirst()
                .orElse("Unknown");
        boolean closed = Boolean.TRUE.equals(node.getSpec().getUnschedulable());
        return closed ? ready + ",SchedulingDisabled" : ready;
    }

    private static String roles(Node node) {
        Map<String, String> labels = node.getMetadata().getLabels();
        String roles = labels.keySet().stream()
                .filter(label -> label.startsWith(ROLE))
                .map(label -> label.substring(ROLE.length()))
                .sorted()
                .collect(Collectors.joining(","));
        return roles.isEmpty() ? "<none>" : roles;
    }

    private static String address(Node node, String type) {
        return node.getStatus().getAddresses().stream()
                .filter(address -> type.equals(address.getType()))
                .map(address -> address.getAddress())
                .findFirst()
                .orElse("<none>");
    }
}
