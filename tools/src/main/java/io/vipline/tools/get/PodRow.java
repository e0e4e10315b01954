package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.List;

/** A pod's row: {@code printPod} in kubectl's printers. */
final class PodRow {
    private PodRow() {}

    static void add(Pod pod, boolean wide, String age, List<String> cells) {
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        int restarts = 0;
        int ready = 0;
        for (ContainerStatus container : status.getContainerStatuses()) {
            restarts += container.getRestartCount() == null ? 0 : container.getRestartCount();
            ready += Boolean.TRUE.equals(container.getReady()) ? 1 : 0;
        }
        int containers =
                pod.getSpec() == null ? 0 : pod.getSpec().getContainers().size();
        cells.add(ready + "/" + containers);
        cells.add(reason(pod, status));
        cells.add(Integer.toString(restarts));
        cells.add(age);
        if (wide) {
            String nodeName = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
            cells.add(status.getPodIP() == null ? "<none>" : status.getPodIP());
            cells.add(nodeName == null ? "<none>" : nodeName);
        }
    }

    private static String reason(Pod pod, PodStatus status) {
        String reason = status.getReason() == null ? status.getPhase() : status.getReason();
        for (ContainerStatus container : status.getContainerStatuses()) {
            ContainerState state = container.getState();
            if (state != null
                    && state.getWaiting() != null
                    && state.getWaiting().getReason() != null) {
                reason = state.getWaiting().getReason();
            } else if (state != null
                    && state.getTerminated() != null
                    && state.getTerminated().getReason() != null) {
                reason = state.getTerminated().getReason();
            }
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return "Terminating";
        }
        return reason == null ? "Pending" : reason;
    }
}
