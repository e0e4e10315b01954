package io.vipline.rules.chain.nft;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ServicePortName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NftNamesTest {
    private final NftNames names = new NftNames();

    @ParameterizedTest(name = "{0}/{1}:{2} {3}, {4} port {5} -> {6}")
    @CsvSource({
        "ns1, svc1, p80, TCP, '',         0,  ULMVA6XW-ns1/svc1/tcp/p80",
        "ns1, svc1, p80, TCP, 10.180.0.1, 80, 5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80",
    })
    void names_are_kube_proxys(
            String namespace, String service, String port, Protocol protocol, String address, int toPort, String name) {
        String hashed = NftNames.hashed(new ServicePortName(namespace, service, port, protocol));
        assertThat(
                        address.isEmpty()
                                ? names.service(hashed)
                                : names.endpoint(hashed, new IpPort(IpAddress.of(address), toPort)))
                .isEqualTo(name);
    }

    @Test
    void colons_of_ipv6_become_dots_and_what_is_too_long_ends_in_dots() {
        String longest =
                NftNames.hashed(new ServicePortName("n".repeat(63), "s".repeat(63), "p".repeat(63), Protocol.SCTP));
        IpPort endpoint = new IpPort(IpAddress.of("fd00:1111:2222:3333:4444:5555:6666:7777"), 65535);
        assertThat(names.endpoint("ns1/svc1/tcp/p80", endpoint))
                .endsWith("-ns1/svc1/tcp/p80__fd00.1111.2222.3333.4444.5555.6666.7777/65535");
        assertThat(names.service(longest)).endsWith("/" + "p".repeat(63));
        assertThat(names.endpoint(longest, endpoint)).hasSize(240).endsWith("...");
    }
}
