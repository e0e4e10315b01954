package io.vipline.rules.live;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.IncrementalCompiler;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.SliceEndpoints;
import io.vipline.rules.table.Table;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rules of one node that follow changes of Services and EndpointSlices, and the table of them: the one that a rebuild
 * would give, but at the cost of what changed. For one thread; its tables are safe to share.
 *
 * <p>Numbers of Services and endpoints stay the same from table to table, except that all are given anew when most of
 * them belong to nobody any more.
 */
public final class LiveRules {
    /** Services have places this far apart, so that new ones find room between them. */
    private static final long RANK_GAP = 1L << 32;
    /** Rules of one Service in one chain, more than any can have. */
    private static final long MIN_GAP = 1L << 22;
    /** Where the rules stand that follow those of all Services. */
    private static final long AFTER_SERVICES = 1L << 62;
    /** Endpoints that are no more and keep their numbers nevertheless, beside as many as there are. */
    private static final int SPARE_NUMBERS = 100_000;

    private record Key(String namespace, String name) implements Comparable<Key> {
        static Key of(ObjectMeta metadata) {
            String namespace = metadata.getNamespace();
            return new Key(namespace == null || namespace.isEmpty() ? "default" : namespace, metadata.getName());
        }

        @Override
        public int compareTo(Key other) {
            int byNamespace = namespace.compareTo(other.namespace);
            return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
        }
    }

    private final Map<IpFamily, ModeRules> modes = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, SliceEndpoints> endpoints = new EnumMap<>(IpFamily.class);
    private final TreeMap<Key, LiveService> services = new TreeMap<>();
    private final Map<Key, Key> servicesOfSlices = new HashMap<>();
    private final Set<Key> changed = new LinkedHashSet<>();
    private IncrementalCompiler compiler;
    /** Whether all rules must be put into another compiler. */
    private boolean beginsAnew = true;

    /** @param config of the node; a change of it needs new rules */
    public LiveRules(Cluster cluster, ProxyConfig config) {
        compiler = new IncrementalCompiler(NodeNetwork.of(config.localAddresses()));
        for (IpFamily family : IpFamily.values()) {
            modes.put(family, ModeRules.of(config, family));
            endpoints.put(family, new SliceEndpoints(family, config.nodeName()));
        }
        cluster.services().forEach(this::put);
        cluster.endpointSlices().forEach(this::putSlice);
    }

    /**
     * The cluster is this one from now on: what differs from what is known has changed, what is missing is no more.
     *
     * @return how many Services and slices differ
     */
    public int become(Cluster cluster) {
        int differences = 0;
        Set<Key> there = new HashSet<>();
        for (Located<Service> service : cluster.services()) {
            Key key = Key.of(service.object().getMetadata());
            there.add(key);
            LiveService known = services.get(key);
            if (known == null || !isSame(known.service, service)) {
                put(service);
                differences++;
            }
        }
        for (Key key : List.copyOf(services.keySet())) {
            if (services.get(key).service != null && !there.contains(key)) {
                removeService(key.namespace(), key.name());
                differences++;
            }
        }
        return differences + becomeSlices(cluster.endpointSlices());
    }

    private int becomeSlices(List<Located<EndpointSlice>> slices) {
        int differences = 0;
        Set<Key> there = new HashSet<>();
        for (Located<EndpointSlice> slice : slices) {
            Key key = Key.of(slice.object().getMetadata());
            there.add(key);
            Key owner = servicesOfSlices.get(key);
            if (owner == null || !isSame(services.get(owner).slices.get(key.name()), slice)) {
                putSlice(slice);
                differences += owner == null && !servicesOfSlices.containsKey(key) ? 0 : 1;
            }
        }
        for (Key key : List.copyOf(servicesOfSlices.keySet())) {
            if (!there.contains(key)) {
                removeSlice(key.namespace(), key.name());
                differences++;
            }
        }
        return differences;
    }

    private static boolean isSame(Located<?> known, Located<?> now) {
        return known != null && known.object().equals(now.object());
    }

    /** A Service is new or has changed. */
    public void put(Located<Service> service) {
        Key key = Key.of(service.object().getMetadata());
        touched(key).service = service;
    }

    /** A Service is no more. */
    public void removeService(String namespace, String name) {
        Key key = new Key(namespace, name);
        LiveService service = services.get(key);
        if (service != null) {
            service.service = null;
            changed.add(key);
        }
    }

    /** A slice is new or has changed, perhaps to another Service's. */
    public void putSlice(Located<EndpointSlice> slice) {
        Key key = Key.of(slice.object().getMetadata());
        Key owner = SliceEndpoints.serviceOf(slice.object())
                .map(text -> new Key(key.namespace(), text.substring(text.indexOf('/') + 1)))
                .orElse(null);
        if (!Objects.equals(owner, servicesOfSlices.get(key))) {
            removeSlice(key.namespace(), key.name());
        }
        if (owner != null) {
            servicesOfSlices.put(key, owner);
            touched(owner).slices.put(key.name(), slice);
        }
    }

    /** A slice is no more. */
    public void removeSlice(String namespace, String name) {
        Key owner = servicesOfSlices.remove(new Key(namespace, name));
        if (owner != null) {
            touched(owner).slices.remove(name);
        }
    }

    private LiveService touched(Key key) {
        changed.add(key);
        LiveService known = services.get(key);
        if (known == null) {
            known = new LiveService();
            services.put(key, known);
            known.rank = freeRank(key);
        }
        return known;
    }

    /** Between its neighbours'. */
    private long freeRank(Key key) {
        Map.Entry<Key, LiveService> before = services.lowerEntry(key);
        Map.Entry<Key, LiveService> after = services.higherEntry(key);
        long low = before == null ? 0 : before.getValue().rank;
        long high = after == null ? low + 2 * RANK_GAP : after.getValue().rank;
        if (high - low < 2 * MIN_GAP || high > AFTER_SERVICES) {
            beginsAnew = true;
        }
        return low + (high - low) / 2;
    }

    /** The table of all that is known now. */
    public Table table() {
        if (beginsAnew) {
            compiler = compiler.anew(hasRoomForNumbers());
            begin();
            beginsAnew = false;
        }
        for (Key key : changed) {
            LiveService service = services.get(key);
            modes.forEach((family, mode) -> service.write(family, mode, endpoints.get(family), compiler));
            if (service.isEmpty()) {
                services.remove(key);
            }
        }
        changed.clear();
        Table table = compiler.table();
        beginsAnew = !hasRoomForNumbers();
        return table;
    }

    private boolean hasRoomForNumbers() {
        return compiler.numberedEndpoints() <= 2 * compiler.reachedEndpoints() + SPARE_NUMBERS;
    }

    private void begin() {
        modes.forEach((family, mode) -> {
            Ruleset frame = mode.frame();
            for (String table : frame.tables()) {
                for (Chain chain : frame.chains(table)) {
                    compiler.put(family, chain, AFTER_SERVICES);
                }
            }
        });
        long rank = 0;
        for (Map.Entry<Key, LiveService> service : services.entrySet()) {
            rank += RANK_GAP;
            service.getValue().begin(rank);
            changed.add(service.getKey());
        }
    }
}
