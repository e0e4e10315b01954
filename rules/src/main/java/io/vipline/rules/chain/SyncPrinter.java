package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.FILTER;
import static io.vipline.rules.chain.KubeProxyChains.FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.NAT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The text that kube-proxy feeds to {@code iptables-restore --noflush --counters} in a full sync, in its order: Service
 * by Service, not chain by chain ({@code syncProxyRules}).
 */
public final class SyncPrinter {
    private final Appendable out;
    private final StringBuilder line = new StringBuilder(256);

    private SyncPrinter(Appendable out) {
        this.out = out;
    }

    /**
     * @param withJumps whether the built-in chains and their jumps, which kube-proxy makes apart, are written too; then
     *     the text works when loaded alone
     * @throws UncheckedIOException if {@code out} fails
     */
    public static void print(KubeProxyRules rules, boolean withJumps, Appendable out) {
        try {
            SyncPrinter printer = new SyncPrinter(out);
            printer.filter(rules, withJumps);
            printer.nat(rules, withJumps);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void filter(KubeProxyRules rules, boolean withJumps) throws IOException {
        FixedRules fixed = rules.fixed();
        head(fixed, FILTER, withJumps);
        if (withJumps && !fixed.localhostFirewall()) {
            chainLine(FIREWALL);
        }
        jumps(FILTER, withJumps);
        rules(fixed.filterFirst());
        for (ServiceRules service : rules.services()) {
            rules(service.filter());
        }
        rules(fixed.filterLast());
        out.append("COMMIT\n");
    }

    private void nat(KubeProxyRules rules, boolean withJumps) throws IOException {
        FixedRules fixed = rules.fixed();
        head(fixed, NAT, withJumps);
        for (ServiceRules service : rules.services()) {
            for (Chain chain : service.chains()) {
                chainLine(chain.name());
            }
        }
        jumps(NAT, withJumps);
        rules(fixed.natFirst());
        for (ServiceRules service : rules.services()) {
            rules(service.nat());
            own(service);
        }
        rules(fixed.natLast());
        out.append("COMMIT\n");
    }

    private void own(ServiceRules service) throws IOException {
        if (service.masquerade().isPresent()) {
            rules(List.of(service.masquerade().get()));
        }
        for (Chain chain : service.chains()) {
            boolean begun = service.masquerade()
                    .filter(rule -> rule.chain().equals(chain.name()))
                    .isPresent();
            for (int i = begun ? 1 : 0; i < chain.rules().size(); i++) {
                rule(chain.name(), chain.rules().get(i));
            }
        }
    }

    private void head(FixedRules fixed, String table, boolean withJumps) throws IOException {
        out.append('*').append(table).append('\n');
        if (withJumps) {
            for (Chain chain : KubeProxyJumps.of(table)) {
                out.append(RulesetPrinter.chainLine(chain)).append('\n');
            }
        }
        for (String chain : fixed.chains(table)) {
            chainLine(chain);
        }
    }

    private void jumps(String table, boolean withJumps) throws IOException {
        if (withJumps) {
            for (Chain chain : KubeProxyJumps.of(table)) {
                for (Rule rule : chain.rules()) {
                    rule(chain.name(), rule);
                }
            }
        }
    }

    private void chainLine(String chain) throws IOException {
        out.append(':').append(chain).append(" - [0:0]\n");
    }

    private void rules(List<AppendedRule> rules) throws IOException {
        for (AppendedRule rule : rules) {
            rule(rule.chain(), rule.rule());
        }
    }

    private void rule(String chain, Rule rule) throws IOException {
        line.setLength(0);
        RulesetPrinter.appendRule(line, chain, rule);
        out.append(line.append('\n'));
    }
}
