package io.vipline.rules.live;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.PlacedRule;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.chain.compile.IncrementalCompiler;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.policy.ServicePorts;
import io.vipline.rules.policy.SliceEndpoints;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A Service, its EndpointSlices, and what the two have put into the rules. */
final class LiveService {
    /** What it has in the rules of a family. */
    private record Written(List<PlacedRule> placed, Map<String, Chain> chains) {
        static final Written NOTHING = new Written(List.of(), Map.of());
    }

    /** Null if only slices name it. */
    Located<Service> service;
    /** By name. */
    final SortedMap<String, Located<EndpointSlice>> slices = new TreeMap<>();
    /** Of its first rule in each shared chain. */
    long rank;

    private final Map<IpFamily, Written> written = new EnumMap<>(IpFamily.class);

    boolean isEmpty() {
        return service == null && slices.isEmpty();
    }

    /** Forgets what it has put into the rules of a compiler that is no more. */
    void begin(long newRank) {
        rank = newRank;
        written.clear();
    }

    /** Puts what has changed since the last time into the rules. */
    void write(IpFamily family, ModeRules mode, SliceEndpoints endpoints, IncrementalCompiler compiler) {
        List<PlacedRule> placed = new ArrayList<>();
        Map<String, Chain> chains = new HashMap<>();
        List<ServicePort> ports = service == null ? List.of() : ServicePorts.of(service, family);
        for (ServicePort port : ports) {
            ServiceRules rules =
                    mode.write(new ServiceEndpoints(port, endpoints.of(port.name(), List.copyOf(slices.values()))));
            placed.addAll(mode.placed(rules));
            rules.chains().forEach(chain -> chains.put(chain.name(), chain));
        }
        Written before = written.getOrDefault(family, Written.NOTHING);
        before.chains().forEach((name, chain) -> {
            if (!chains.containsKey(name)) {
                compiler.remove(family, chain.table(), name);
            }
        });
        chains.values().forEach(chain -> compiler.put(family, chain));
        move(family, before.placed(), placed, compiler);
        written.put(family, new Written(placed, chains));
    }

    private void move(IpFamily family, List<PlacedRule> before, List<PlacedRule> now, IncrementalCompiler compiler) {
        for (int i = 0; i < before.size(); i++) {
            if (i >= now.size() || !before.get(i).isLike(now.get(i))) {
                compiler.remove(family, before.get(i).table(), before.get(i).chain(), rank + i);
            }
        }
        for (int i = 0; i < now.size(); i++) {
            if (i >= before.size() || !before.get(i).isLike(now.get(i))) {
                PlacedRule placed = now.get(i);
                compiler.add(family, placed.table(), placed.chain(), placed.rule(), rank + i);
            }
        }
    }
}
