package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** What a pod's status says about it. */
final class PodAddresses {
    private PodAddresses() {}

    /** {@code status.podIPs}, or {@code status.podIP} alone. */
    static List<IpAddress> of(Pod pod) {
        List<IpAddress> ips = new ArrayList<>();
        PodStatus status = pod.getStatus();
        if (status == null) {
            return ips;
        }
        for (PodIP ip : status.getPodIPs()) {
            if (ip.getIp() != null) {
                IpAddress.parse(ip.getIp()).ifPresent(ips::add);
            }
        }
        if (ips.isEmpty() && status.getPodIP() != null) {
            IpAddress.parse(status.getPodIP()).ifPresent(ips::add);
        }
        return ips;
    }

    /** Condition Ready is True. */
    static boolean isReady(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** Finished for good: an endpoint of nothing. */
    static boolean isTerminal(Pod pod) {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /** Written by a person: no kubelet has reported on it. */
    static boolean isAuthored(Pod pod) {
        return pod.getStatus() == null
                || ServiceDraft.isBlank(pod.getStatus().getPhase())
                        && of(pod).isEmpty()
                        && pod.getStatus().getConditions().isEmpty();
    }
}
