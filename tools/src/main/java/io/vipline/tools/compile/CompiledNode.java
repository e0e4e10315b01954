package io.vipline.tools.compile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.chain.SyncPrinter;
import io.vipline.rules.chain.nft.KubeProxyNftRules;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.nft.NftPrinter;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A node's rules, as {@code vipline compile} shows them. */
public final class CompiledNode {
    /** @param iptables empty in nftables mode */
    private record Family(
            List<ServiceEndpoints> services,
            List<ServiceRules> rules,
            Ruleset ruleset,
            Optional<KubeProxyRules> iptables) {

        static Family of(ProxyConfig config, IpFamily family, List<ServiceEndpoints> services) {
            return switch (config.mode()) {
                case IPTABLES -> {
                    KubeProxyRules rules = KubeProxyWriter.write(config, family, services);
                    yield new Family(services, rules.services(), rules.ruleset(), Optional.of(rules));
                }
                case NFTABLES -> {
                    KubeProxyNftRules rules = KubeProxyNftWriter.write(config, family, services);
                    yield new Family(services, rules.services(), rules.ruleset(), Optional.empty());
                }
            };
        }
    }

    private final List<Family> families = new ArrayList<>();

    /**
     * @param config its mode says which rules
     * @param families those to compile, in the order in which they are shown
     */
    public CompiledNode(Cluster cluster, ProxyConfig config, List<IpFamily> families) {
        for (IpFamily family : families) {
            List<ServiceEndpoints> services = ProxiedServices.of(cluster, config.nodeName(), family);
            this.families.add(Family.of(config, family, services));
        }
    }

    /** The text of a full sync for {@code iptables-restore}, each family its own. Of iptables mode. */
    public void printIptables(PrintWriter out, boolean withJumps) {
        for (Family family : families) {
            SyncPrinter.print(family.iptables.orElseThrow(), withJumps, out);
        }
    }

    /** The tables of both families for {@code nft -f}. Of nftables mode. */
    public void printNft(PrintWriter out) {
        for (Family family : families) {
            NftPrinter.print(family.ruleset, out);
        }
    }

    /** One object: {@code rulesets}, one for each family. */
    public void printJson(PrintWriter out, boolean withJumps) throws IOException {
        JsonGenerator json = new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeArrayFieldStart("rulesets");
        for (Family family : families) {
            boolean iptables = family.iptables.isPresent();
            new RulesetJson(json, withJumps || !iptables, iptables).write(family.ruleset);
        }
        json.writeEndArray();
        json.writeEndObject();
        json.close();
        out.println();
    }

    /** A line for each Service port. */
    public void printTable(PrintWriter out) {
        List<ServiceRow> rows = new ArrayList<>();
        for (Family family : families) {
            for (int i = 0; i < family.services.size(); i++) {
                rows.add(ServiceRow.of(family.services.get(i), family.rules.get(i)));
            }
        }
        ServiceRow.table(rows).print(out);
    }
}
