package io.vipline.rules.live;

import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.PlacedRule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.chain.nft.KubeProxyNftRules;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import java.util.List;

/** One mode of kube-proxy for one family: what it writes for no Service, and for one. For one thread. */
sealed interface ModeRules {
    static ModeRules of(ProxyConfig config, IpFamily family) {
        return switch (config.mode()) {
            case IPTABLES ->
                // comments on endpoints change no verdict
                new Iptables(
                        KubeProxyWriter.write(config, family, List.of()), new KubeProxyWriter(config, family, true));
            case NFTABLES ->
                new Nftables(
                        KubeProxyNftWriter.write(config, family, List.of()), new KubeProxyNftWriter(config, family));
        };
    }

    /** The rules where there is no Service. */
    Ruleset frame();

    /** The rules of a Service port. */
    ServiceRules write(ServiceEndpoints service);

    /** Those of them that stand in shared chains, in their order. */
    List<PlacedRule> placed(ServiceRules rules);

    record Iptables(KubeProxyRules none, KubeProxyWriter writer) implements ModeRules {
        @Override
        public Ruleset frame() {
            return none.ruleset();
        }

        @Override
        public ServiceRules write(ServiceEndpoints service) {
            return writer.write(service);
        }

        @Override
        public List<PlacedRule> placed(ServiceRules rules) {
            return KubeProxyRules.placed(rules);
        }
    }

    record Nftables(KubeProxyNftRules none, KubeProxyNftWriter writer) implements ModeRules {
        @Override
        public Ruleset frame() {
            return none.ruleset();
        }

        @Override
        public ServiceRules write(ServiceEndpoints service) {
            return writer.write(service);
        }

        @Override
        public List<PlacedRule> placed(ServiceRules rules) {
            return none.placed(rules);
        }
    }
}
