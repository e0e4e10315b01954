package io.vipline.rules.policy;

import static io.vipline.rules.policy.EndpointDraft.endpoints;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Seen from node-1 in zone-a. Endpoints are named by the last number of their address. */
class EligibleEndpointsTest {
    private static final PortDraft CLUSTER = PortDraft.at("10.96.0.1");
    private static final PortDraft INTERNAL_LOCAL = PortDraft.at("10.96.0.1").internalLocal();
    private static final PortDraft EXTERNAL_LOCAL =
            PortDraft.at("10.96.0.1").nodePort(30080).externalLocal();
    private static final PortDraft BOTH_LOCAL =
            PortDraft.at("10.96.0.1").nodePort(30080).internalLocal().externalLocal();

    /** @param expected {@code cluster / local / reachable}, and {@code none} if there are no endpoints anywhere */
    record Case(String name, PortDraft port, List<Endpoint> endpoints, String expected) {}

    private static Stream<Case> policyCases() {
        return Stream.of(
                new Case("nothing at all", CLUSTER, List.of(), " /  /  none"),
                new Case(
                        "ready ones, whatever terminates beside them",
                        CLUSTER,
                        endpoints("10.0.0.1:80", "10.0.0.2:80 unready serving terminating", "10.0.0.3:80"),
                        "1 3 /  / 1 3"),
                new Case(
                        "none ready: those that still serve while they terminate",
                        CLUSTER,
                        endpoints("10.0.0.1:80 unready", "10.0.0.2:80 unready serving terminating"),
                        "2 /  / 2"),
                new Case(
                        "serving but neither ready nor terminating does not help",
                        CLUSTER,
                        endpoints("10.0.0.1:80 unready serving", "10.0.0.2:80 unready terminating"),
                        " /  /  none"),
                new Case(
                        "internal policy Local: local only",
                        INTERNAL_LOCAL,
                        endpoints("10.0.0.1:80", "10.0.0.2:80 local"),
                        " / 2 / 2"),
                new Case(
                        "internal policy Local, all remote: endpoints exist, but not here",
                        INTERNAL_LOCAL,
                        endpoints("10.0.0.1:80"),
                        " /  / "),
                new Case(
                        "external policy Local keeps the others for pods and node",
                        EXTERNAL_LOCAL,
                        endpoints("10.0.0.1:80", "10.0.0.2:80 local"),
                        "1 2 / 2 / 1 2"),
                new Case(
                        "local ones terminate while remote ones are ready: both lists, reachable in string order",
                        EXTERNAL_LOCAL,
                        endpoints(
                                "10.0.0.1:80 local unready serving terminating",
                                "10.0.0.2:80",
                                "10.0.0.3:80 local unready"),
                        "2 / 1 / 1 2"),
                new Case(
                        "both policies Local and a node port: pods still reach all from outside addresses",
                        BOTH_LOCAL,
                        endpoints("10.0.0.1:80", "10.0.0.2:80 local"),
                        "1 2 / 2 / 1 2"),
                new Case(
                        "external policy Local of a Service that nobody outside reaches does not count",
                        PortDraft.at("10.96.0.1").externalLocal(),
                        endpoints("10.0.0.1:80", "10.0.0.2:80 local"),
                        "1 2 /  / 1 2"));
    }

    private static Stream<Case> hintCases() {
        return Stream.of(
                new Case(
                        "zone hints on all, ours among them",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-a", "10.0.0.2:80 zone=zone-b", "10.0.0.3:80 zone=zone-a"),
                        "1 3 /  / 1 3"),
                new Case(
                        "one ready endpoint without a hint: hints off",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-a", "10.0.0.2:80"),
                        "1 2 /  / 1 2"),
                new Case(
                        "one unready endpoint without a hint does not matter",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-a", "10.0.0.2:80 unready", "10.0.0.3:80 zone=zone-b"),
                        "1 /  / 1"),
                new Case(
                        "nothing for our zone: hints off",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-b", "10.0.0.2:80 zone=zone-c"),
                        "1 2 /  / 1 2"),
                new Case(
                        "only an unready endpoint is for our zone: hints off",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-a unready", "10.0.0.2:80 zone=zone-b"),
                        "2 /  / 2"),
                new Case(
                        "node hints go before zone hints",
                        CLUSTER,
                        endpoints(
                                "10.0.0.1:80 zone=zone-a node=node-2",
                                "10.0.0.2:80 zone=zone-b node=node-1",
                                "10.0.0.3:80 zone=zone-a node=node-2"),
                        "2 /  / 2"),
                new Case(
                        "no node hint for us: zone hints decide",
                        CLUSTER,
                        endpoints("10.0.0.1:80 zone=zone-a node=node-2", "10.0.0.2:80 zone=zone-b node=node-3"),
                        "1 /  / 1"),
                new Case(
                        "local lists ignore hints",
                        EXTERNAL_LOCAL,
                        endpoints("10.0.0.1:80 zone=zone-a", "10.0.0.2:80 zone=zone-b local"),
                        "1 / 2 / 1 2"),
                new Case(
                        "terminating fallback ignores hints",
                        CLUSTER,
                        endpoints(
                                "10.0.0.1:80 zone=zone-a unready serving terminating",
                                "10.0.0.2:80 zone=zone-b unready serving terminating"),
                        "1 2 /  / 1 2"));
    }

    @TestFactory
    Stream<DynamicTest> endpoints_are_eligible_by_policy_and_state() {
        return policyCases().map(EligibleEndpointsTest::test);
    }

    @TestFactory
    Stream<DynamicTest> hints_narrow_the_choice() {
        return hintCases().map(EligibleEndpointsTest::test);
    }

    private static DynamicTest test(Case one) {
        return DynamicTest.dynamicTest(one.name, () -> {
            EligibleEndpoints eligible =
                    EligibleEndpoints.categorize(one.port.build(), one.endpoints, "node-1", "zone-a");
            String actual = names(eligible.cluster()) + " / " + names(eligible.local()) + " / "
                    + names(eligible.reachable()) + (eligible.hasEndpoints() ? "" : " none");
            assertThat(actual).isEqualTo(one.expected);
        });
    }

    private static String names(List<Endpoint> endpoints) {
        return endpoints.stream()
                .map(endpoint -> endpoint.text().replaceAll(".*\\.(\\d+):.*", "$1"))
                .collect(Collectors.joining(" "));
    }
}
