package io.vipline.rules.manifest;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * The fields of {@code kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration} that the data path depends on; null where
 * the file says nothing. Names are the API's.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record KubeProxyFile(
        String mode,
        String clusterCIDR,
        String detectLocalMode,
        DetectLocal detectLocal,
        List<String> nodePortAddresses,
        String hostnameOverride,
        Iptables iptables,
        Nftables nftables,
        Conntrack conntrack) {
    static final KubeProxyFile EMPTY = new KubeProxyFile(null, null, null, null, null, null, null, null, null);

    @JsonIgnoreProperties(ignoreUnknown = true)
    record DetectLocal(String bridgeInterface, String interfaceNamePrefix) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Iptables(Boolean masqueradeAll, Integer masqueradeBit, Boolean localhostNodePorts) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Nftables(Boolean masqueradeAll, Integer masqueradeBit) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Conntrack(
            Integer maxPerCore,
            Integer min,
            String tcpEstablishedTimeout,
            String tcpCloseWaitTimeout,
            Boolean tcpBeLiberal,
            String udpTimeout,
            String udpStreamTimeout) {}
}
