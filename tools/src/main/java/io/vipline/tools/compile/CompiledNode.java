package io.vipline.tools.compile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.SyncPrinter;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A node's rules, as {@code vipline compile} shows them. */
public final class CompiledNode {
    private record Family(List<ServiceEndpoints> services, KubeProxyRules rules) {}

    private final List<Family> families = new ArrayList<>();

    /** @param families those to compile, in the order in which they are shown */
    public CompiledNode(Cluster cluster, ProxyConfig config, List<IpFamily> families) {
        for (IpFamily family : families) {
            List<ServiceEndpoints> services = ProxiedServices.of(cluster, config.nodeName(), family);
            this.families.add(new Family(services, KubeProxyWriter.write(config, family, services)));
        }
    }

    /** The text of a full sync for {@code iptables-restore}, each family its own. */
    public void printIptables(PrintWriter out, boolean withJumps) {
        for (Family family : families) {
            SyncPrinter.print(family.rules, withJumps, out);
        }
    }

    /** One object: {@code rulesets}, one for each family. */
    public void printJson(PrintWriter out, boolean withJumps) throws IOException {
        JsonGenerator json = new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeArrayFieldStart("rulesets");
        for (Family family : families) {
            new RulesetJson(json, withJumps).write(family.rules.ruleset());
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
                rows.add(ServiceRow.of(
                        family.services.get(i), family.rules.services().get(i)));
            }
        }
        ServiceRow.table(rows).print(out);
    }
}
