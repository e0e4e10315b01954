package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

/**
 * What the workload kinds have in common.
 *
 * @param replicas -1 for one a Node
 * @param firstOrdinal of a StatefulSet's pods
 */
record Workload(
        Parsed<? extends HasMetadata> parsed,
        Kind kind,
        LabelSelector selector,
        PodTemplateSpec template,
        int replicas,
        int firstOrdinal) {
    enum Kind {
        DEPLOYMENT,
        REPLICA_SET,
        STATEFUL_SET,
        DAEMON_SET
    }

    static Workload of(Parsed<? extends HasMetadata> parsed) {
        return switch (parsed.object()) {
            case Deployment it
            when it.getSpec() != null ->
                new Workload(
                        parsed,
                        Kind.DEPLOYMENT,
                        it.getSpec().getSelector(),
                        it.getSpec().getTemplate(),
                        replicas(it.getSpec().getReplicas()),
                        0);
            case ReplicaSet it
            when it.getSpec() != null ->
                new Workload(
                        parsed,
                        Kind.REPLICA_SET,
                        it.getSpec().getSelector(),
                        it.getSpec().getTemplate(),
                        replicas(it.getSpec().getReplicas()),
                        0);
            case StatefulSet it
            when it.getSpec() != null ->
                new Workload(
                        parsed,
                        Kind.STATEFUL_SET,
                        it.getSpec().getSelector(),
                        it.getSpec().getTemplate(),
                        replicas(it.getSpec().getReplicas()),
                        firstOrdinal(it));
            case DaemonSet it
            when it.getSpec() != null ->
                new Workload(
                        parsed,
                        Kind.DAEMON_SET,
                        it.getSpec().getSelector(),
                        it.getSpec().getTemplate(),
                        -1,
                        0);
            default -> new Workload(parsed, Kind.DEPLOYMENT, null, null, 0, 0);
        };
    }

    private static int replicas(Integer written) {
        return written == null ? 1 : Math.max(0, written);
    }

    private static int firstOrdinal(StatefulSet set) {
        boolean says = set.getSpec().getOrdinals() != null
                && set.getSpec().getOrdinals().getStart() != null;
        return says ? set.getSpec().getOrdinals().getStart() : 0;
    }

    /** An empty one would match every pod: the API server refuses it. */
    boolean hasSelector() {
        return selector != null
                && !(selector.getMatchLabels().isEmpty()
                        && selector.getMatchExpressions().isEmpty());
    }

    String namespace() {
        return parsed.object().getMetadata().getNamespace();
    }

    String name() {
        return parsed.object().getMetadata().getName();
    }

    /** {@code Deployment default/vote}. */
    String title() {
        return parsed.object().getKind() + " " + namespace() + "/" + name();
    }

    /** An API server gave it its uid. */
    boolean isStored() {
        return !ServiceDraft.isBlank(parsed.object().getMetadata().getUid());
    }
}
