package io.vipline.tools.compile;

import io.vipline.rules.chain.AppendedRule;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.tools.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Service port's rules in one line.
 *
 * @param endpoints {@code reachable/all}
 * @param refuses traffic that is turned away, {@code REJECT cluster-ip,external}; {@code <none>} if none is
 * @param chain the chain that chooses an endpoint for the cluster IP; {@code <none>} if there is nothing to choose
 * @param rules number of rules in both tables
 */
record ServiceRow(
        String service,
        String protocol,
        String clusterIp,
        String nodePort,
        String external,
        String endpoints,
        String refuses,
        String chain,
        int rules) {
    private static final String NONE = "<none>";
    private static final List<String> TITLES = List.of(
            "SERVICE", "PROTOCOL", "CLUSTER-IP", "NODE-PORT", "EXTERNAL", "ENDPOINTS", "REFUSES", "RULES", "CHAIN");

    static ServiceRow of(ServiceEndpoints service, ServiceRules rules) {
        ServicePort port = service.port();
        long reachable = rules.chains().stream().filter(ServiceRow::isEndpoint).count();
        String external = Stream.concat(port.externalIps().stream(), port.loadBalancerVips().stream())
                .map(Object::toString)
                .collect(Collectors.joining(","));
        int ownRules =
                rules.chains().stream().mapToInt(chain -> chain.rules().size()).sum();
        return new ServiceRow(
                port.name().text(),
                port.name().protocol().name(),
                new IpPort(port.clusterIp(), port.port()).toString(),
                port.nodePort() == 0 ? NONE : Integer.toString(port.nodePort()),
                external.isEmpty() ? NONE : external,
                reachable + "/" + service.endpoints().size(),
                refusals(rules),
                rules.chains().stream()
                        .map(Chain::name)
                        .filter(ServiceRow::choosesEndpoint)
                        .findFirst()
                        .orElse(NONE),
                ownRules + rules.filter().size() + rules.nat().size());
    }

    private static String refusals(ServiceRules rules) {
        Map<String, Set<String>> byTarget = new LinkedHashMap<>();
        for (AppendedRule appended : rules.filter()) {
            String traffic = switch (appended.chain()) {
                case "KUBE-SERVICES" -> "cluster-ip";
                case "no-endpoint-services" -> isForClusterIp(appended, rules) ? "cluster-ip" : "external";
                case "KUBE-EXTERNAL-SERVICES", "no-endpoint-nodeports" -> "external";
                default -> "source-ranges";
            };
            switch (appended.rule().target()) {
                case Target.Reject _ ->
                    byTarget.computeIfAbsent("REJECT", key -> new LinkedHashSet<>())
                            .add(traffic);
                case Target.Drop _ ->
                    byTarget.computeIfAbsent("DROP", key -> new LinkedHashSet<>())
                            .add(traffic);
                // nftables mode's firewall map leads to the chain that drops
                case Target.Goto _ ->
                    byTarget.computeIfAbsent("DROP", key -> new LinkedHashSet<>())
                            .add(traffic);
                default -> {}
            }
        }
        List<String> texts = new ArrayList<>();
        byTarget.forEach((target, traffic) -> texts.add(target + " " + String.join(",", traffic)));
        return texts.isEmpty() ? NONE : String.join("; ", texts);
    }

    private static boolean isEndpoint(Chain chain) {
        return chain.name().startsWith("KUBE-SEP-") || chain.name().startsWith("endpoint-");
    }

    private static boolean choosesEndpoint(String chain) {
        return chain.startsWith("KUBE-SV") || chain.startsWith("service-") || chain.startsWith("local-");
    }

    private static boolean isForClusterIp(AppendedRule element, ServiceRules rules) {
        return rules.port()
                .clusterIp()
                .equals(ExactTerms.of(element.rule().matches()).host());
    }

    static TextTable table(List<ServiceRow> rows) {
        TextTable table = new TextTable();
        table.add(TITLES);
        for (ServiceRow row : rows) {
            table.add(List.of(
                    row.service,
                    row.protocol,
                    row.clusterIp,
                    row.nodePort,
                    row.external,
                    row.endpoints,
                    row.refuses,
                    Integer.toString(row.rules),
                    row.chain));
        }
        return table;
    }
}
