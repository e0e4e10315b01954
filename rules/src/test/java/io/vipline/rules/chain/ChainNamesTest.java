package io.vipline.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ServicePortName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChainNamesTest {
    @ParameterizedTest(name = "{0}/{1}:{2} {3} {4} -> {5}")
    @CsvSource({
        "ns1,         svc1,       p80,        TCP, '',                XPGD46QRK7WJZT7O",
        "ns2,         svc2,       p80,        TCP, '',                GNZBNJ2PO5MGZ6GT",
        "ns5,         svc5,       p80,        TCP, '',                NUKIZ6OKUXPJNT4C",
        "ns2,         svc2,       p8080,      TCP, '',                2VJB64SDSIJUP5T6",
        "ns4,         svc4,       p8082,      TCP, '',                EBDQOQU5SJFXRIL3",
        "ns1,         svc1,       p80,        TCP, 10.180.0.1:80,     SXIVWICOYRO3J4NJ",
        "ns5,         svc5,       p80,        TCP, 10.180.0.3:80,     I77PXRDZVX7PMWMN",
        "ns3,         svc3,       p8081,      TCP, 203.0.113.4:8081,  RUVVH7YV3PHQBDOS",
        "default,     kubernetes, https,      TCP, '',                NPX46M4PTMTKRN6Y",
        "kube-system, kube-dns,   dns,        UDP, '',                TCOU7JCQXEZGVUNU",
        "kube-system, kube-dns,   dns-tcp,    TCP, '',                ERIFXISQEP7F7OF4",
        "default,     service1,   fileserver, TCP, 10.244.1.5:8080,   3WH7PNCF552PK7QF",
    })
    void chains_are_named_as_on_a_real_node(
            String namespace, String service, String port, Protocol protocol, String endpoint, String hash) {
        ChainNames names = new ChainNames();
        String hashed = ChainNames.hashed(new ServicePortName(namespace, service, port, protocol));
        String name = endpoint.isEmpty()
                ? names.service(ChainNames.CLUSTER_PREFIX, hashed)
                : names.endpoint(hashed, endpoint);
        assertThat(name).isEqualTo((endpoint.isEmpty() ? "KUBE-SVC-" : "KUBE-SEP-") + hash);
    }
}
