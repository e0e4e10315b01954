package io.vipline.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SliceEndpointsTest {
    private static final ServicePortName HTTP = new ServicePortName("shop", "web", "http", Protocol.TCP);
    private static final SliceEndpoints ON_NODE_1 = new SliceEndpoints(IpFamily.IPV4, "node-1");

    /** An IPv4 slice of shop/web with port http 8080, on the node. */
    private static EndpointSliceBuilder slice(String node, String... addresses) {
        EndpointSliceBuilder slice = new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("web-1")
                .addToLabels("kubernetes.io/service-name", "web")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("http")
                .withPort(8080)
                .endPort();
        for (String address : addresses) {
            slice.addToEndpoints(new EndpointBuilder()
                    .withAddresses(address)
                    .withNodeName(node)
                    .build());
        }
        return slice;
    }

    private static List<Located<EndpointSlice>> located(EndpointSlice... slices) {
        return Arrays.stream(slices)
                .map(slice -> new Located<>(slice, Origin.madeUp("test")))
                .toList();
    }

    private static List<String> texts(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::text).toList();
    }

    @Test
    void endpoints_stand_in_the_order_of_their_text() {
        EndpointSlice slice =
                slice("node-2", "10.2.2.2", "10.2.2.22", "10.2.2.3").build();
        assertThat(texts(ON_NODE_1.of(HTTP, located(slice))))
                .containsExactly("10.2.2.22:8080", "10.2.2.2:8080", "10.2.2.3:8080");
    }

    @Test
    void missing_conditions_mean_ready_and_serving_and_not_terminating() {
        Endpoint endpoint =
                ON_NODE_1.of(HTTP, located(slice("node-1", "10.0.0.1").build())).getFirst();
        assertThat(endpoint)
                .returns(true, Endpoint::ready)
                .returns(true, Endpoint::serving)
                .returns(false, Endpoint::terminating)
                .returns(true, Endpoint::local);
    }

    @Test
    void of_two_with_one_address_the_local_one_stays() {
        EndpointSlice remote = slice("node-2", "10.0.0.1").build();
        EndpointSlice local = slice("node-1", "10.0.0.1").build();
        assertThat(ON_NODE_1.of(HTTP, located(remote, local))).hasSize(1).allMatch(Endpoint::local);
        assertThat(ON_NODE_1.of(HTTP, located(local, remote))).hasSize(1).allMatch(Endpoint::local);
    }

    @Test
    void an_endpoint_without_a_node_is_never_local() {
        EndpointSlice slice = slice(null, "10.0.0.1").build();
        assertThat(ON_NODE_1.of(HTTP, located(slice))).noneMatch(Endpoint::local);
    }

    @Test
    void a_slice_gives_its_endpoints_to_the_port_of_its_name_and_protocol() {
        EndpointSlice slice = slice("node-1", "10.0.0.1")
                .addNewPort()
                .withName("http")
                .withProtocol("UDP")
                .withPort(9)
                .endPort()
                .addNewPort()
                .withPort(10)
                .endPort()
                .addNewPort()
                .withName("metrics")
                .withPort(0)
                .endPort()
                .build();
        assertThat(texts(ON_NODE_1.of(HTTP, located(slice)))).containsExactly("10.0.0.1:8080");
        assertThat(texts(ON_NODE_1.of(new ServicePortName("shop", "web", "http", Protocol.UDP), located(slice))))
                .containsExactly("10.0.0.1:9");
        assertThat(ON_NODE_1.of(new ServicePortName("shop", "web", "metrics", Protocol.TCP), located(slice)))
                .isEmpty();
        assertThat(ON_NODE_1.of(new ServicePortName("shop", "web", "", Protocol.TCP), located(slice)))
                .isEmpty();
    }

    @Test
    void only_the_first_address_of_the_family_counts() {
        EndpointSlice slice = slice("node-1")
                .addNewEndpoint()
                .withAddresses("10.0.0.1", "10.0.0.2")
                .endEndpoint()
                .addNewEndpoint()
                .withAddresses("fd00::1")
                .endEndpoint()
                .build();
        assertThat(texts(ON_NODE_1.of(HTTP, located(slice)))).containsExactly("10.0.0.1:8080");
        EndpointSlice v6 = slice("node-1", "fd00::1").withAddressType("IPv6").build();
        assertThat(ON_NODE_1.of(HTTP, located(v6))).isEmpty();
        assertThat(texts(new SliceEndpoints(IpFamily.IPV6, "node-1").of(HTTP, located(v6))))
                .containsExactly("[fd00::1]:8080");
    }

    @Test
    void slices_without_a_service_or_for_others_belong_to_nobody() {
        assertThat(SliceEndpoints.serviceOf(slice("node-1").build())).contains("shop/web");
        assertThat(SliceEndpoints.serviceOf(slice("node-1")
                        .editMetadata()
                        .addToLabels("service.kubernetes.io/headless", "")
                        .endMetadata()
                        .build()))
                .isEmpty();
        assertThat(SliceEndpoints.serviceOf(slice("node-1")
                        .editMetadata()
                        .withLabels(null)
                        .endMetadata()
                        .build()))
                .isEmpty();
    }
}
