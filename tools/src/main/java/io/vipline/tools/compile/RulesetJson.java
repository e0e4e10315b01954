package io.vipline.tools.compile;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.nft.NftPrinter;
import java.io.IOException;

/** A rule set as JSON: tables, their chains in order, the rules of each with what caused them. */
final class RulesetJson {
    private final JsonGenerator json;
    private final boolean withBuiltIn;
    private final boolean iptables;

    /**
     * @param withBuiltIn whether the built-in chains are shown too
     * @param iptables whether rules are spelled as for iptables, else as for nft; the terms one by one are always
     *     spelled as for iptables
     */
    RulesetJson(JsonGenerator json, boolean withBuiltIn, boolean iptables) {
        this.json = json;
        this.withBuiltIn = withBuiltIn;
        this.iptables = iptables;
    }

    void write(Ruleset ruleset) throws IOException {
        json.writeStartObject();
        json.writeStringField("ipFamily", ruleset.family().text());
        json.writeArrayFieldStart("tables");
        for (String table : ruleset.tables()) {
            json.writeStartObject();
            json.writeStringField("table", table);
            json.writeArrayFieldStart("chains");
            for (Chain chain : ruleset.chains(table)) {
                if (withBuiltIn || chain.base().isEmpty()) {
                    write(chain);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(Chain chain) throws IOException {
        json.writeStartObject();
        json.writeStringField("chain", chain.name());
        if (chain.base().isPresent()) {
            BaseChain base = chain.base().get();
            json.writeStringField("hook", base.hook().name());
            json.writeNumberField("priority", base.priority());
            json.writeStringField("policy", base.accepts() ? "ACCEPT" : "DROP");
        }
        json.writeArrayFieldStart("rules");
        for (int index = 0; index < chain.rules().size(); index++) {
            write(chain, index);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(Chain chain, int index) throws IOException {
        Rule rule = chain.rules().get(index);
        json.writeStartObject();
        json.writeStringField(
                "rule", iptables ? RulesetPrinter.rule(chain.name(), rule) : NftPrinter.rule(chain, index));
        json.writeArrayFieldStart("matches");
        for (Match match : rule.matches()) {
            json.writeString(RulesetPrinter.match(match));
        }
        json.writeEndArray();
        json.writeStringField("target", RulesetPrinter.target(rule.target()));
        if (!rule.service().isEmpty()) {
            json.writeStringField("service", rule.service());
        }
        json.writeStringField("origin", rule.origin().toString());
        json.writeEndObject();
    }
}
