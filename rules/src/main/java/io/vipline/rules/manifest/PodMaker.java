package io.vipline.rules.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.vipline.rules.manifest.Workload.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes pods of one workload, named and labelled as its controller does. */
final class PodMaker {
    private static final JsonMapper CANONICAL = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final Workload workload;
    private final PodSpec spec;
    /** Name of a Deployment's ReplicaSet; else the workload's own. */
    private final String owner;

    private final String templateHash;

    PodMaker(Workload workload) {
        this.workload = workload;
        PodTemplateSpec template = workload.template();
        spec = template.getSpec() == null ? new PodSpec() : template.getSpec();
        templateHash = workload.kind() == Kind.DEPLOYMENT ? hash(template) : "";
        owner = workload.kind() == Kind.DEPLOYMENT ? workload.name() + "-" + templateHash : workload.name();
    }

    private static String hash(PodTemplateSpec template) {
        try {
            return SafeName.templateHash(CANONICAL.writeValueAsString(template));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a template that was read cannot be written", unwritable);
        }
    }

    PodSpec spec() {
        return spec;
    }

    /** @param index from 0; a StatefulSet's is the ordinal */
    String name(int index) {
        return workload.kind() == Kind.STATEFUL_SET
                ? workload.name() + "-" + index
                : owner + "-" + SafeName.suffix(owner + "#" + index);
    }

    /** The name of a DaemonSet's pod. */
    String name(String nodeName) {
        return owner + "-" + SafeName.suffix(owner + "@" + nodeName);
    }

    Pod make(String name) {
        Pod pod = new Pod();
        pod.setMetadata(metadata(name));
        pod.setSpec(new PodSpecBuilder(spec).build());
        if (workload.parsed().object() instanceof StatefulSet set) {
            pod.getSpec().setHostname(name);
            pod.getSpec().setSubdomain(set.getSpec().getServiceName());
        }
        return pod;
    }

    private ObjectMeta metadata(String name) {
        ObjectMeta template = workload.template().getMetadata(); // not null: its labels match the selector
        ObjectMeta metadata = new ObjectMeta();
        metadata.setName(name);
        metadata.setGenerateName(owner + "-");
        metadata.setNamespace(workload.namespace());
        metadata.setAnnotations(new LinkedHashMap<>(template.getAnnotations()));
        Map<String, String> labels = new LinkedHashMap<>(template.getLabels());
        switch (workload.kind()) {
            case DEPLOYMENT -> labels.put("pod-template-hash", templateHash);
            case STATEFUL_SET -> {
                labels.put("apps.kubernetes.io/pod-index", name.substring(name.lastIndexOf('-') + 1));
                labels.put("statefulset.kubernetes.io/pod-name", name);
            }
            case REPLICA_SET, DAEMON_SET -> {}
        }
        metadata.setLabels(labels);
        OwnerReference reference = new OwnerReference();
        reference.setApiVersion("apps/v1");
        reference.setKind(
                workload.kind() == Kind.DEPLOYMENT
                        ? "ReplicaSet"
                        : workload.parsed().object().getKind());
        reference.setName(owner);
        reference.setController(true);
        reference.setBlockOwnerDeletion(true);
        metadata.setOwnerReferences(new ArrayList<>(List.of(reference)));
        return metadata;
    }
}
