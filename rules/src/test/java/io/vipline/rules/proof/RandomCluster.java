package io.vipline.rules.proof;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A small cluster, and one of its nodes. */
record RandomCluster(Cluster cluster, ProxyConfig config, IpFamily family) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static RandomCluster of(long seed, ProxyConfig.Mode mode, IpFamily family, boolean forKernel) {
        Draws draws = new Draws(seed);
        AddressPlan plan = new AddressPlan(family);
        RandomServices services = new RandomServices(draws, plan, forKernel);
        List<Located<Service>> made = new ArrayList<>();
        List<Located<EndpointSlice>> slices = new ArrayList<>();
        int count = 1 + draws.upTo(4);
        for (int i = 0; i < count; i++) {
            Service service = services.next(i);
            made.add(located(service));
            new RandomSlices(draws, plan, forKernel, service).all().forEach(slice -> slices.add(located(slice)));
        }
        draws.shuffle(slices);
        Cluster cluster = new Cluster(made, slices, List.of(), List.of(), List.of(), List.of());
        return new RandomCluster(cluster, new RandomNode(draws, plan, mode).config(), family);
    }

    private static <T> Located<T> located(T object) {
        return new Located<>(object, Origin.madeUp("random"));
    }

    /** As the specification reads them. */
    List<ServiceEndpoints> services() {
        return new ObjectsRead(cluster, config.nodeName(), family).services();
    }

    RandomCluster withoutService(int index) {
        List<Located<Service>> fewer = new ArrayList<>(cluster.services());
        fewer.remove(index);
        return with(fewer, cluster.endpointSlices());
    }

    RandomCluster withoutSlice(int index) {
        List<Located<EndpointSlice>> fewer = new ArrayList<>(cluster.endpointSlices());
        fewer.remove(index);
        return with(cluster.services(), fewer);
    }

    private RandomCluster with(List<Located<Service>> services, List<Located<EndpointSlice>> slices) {
        return new RandomCluster(
                new Cluster(services, slices, List.of(), List.of(), List.of(), List.of()), config, family);
    }

    /** For people, who may want to make it again. */
    String text() {
        StringBuilder text = new StringBuilder(config.toString());
        Stream.concat(cluster.services().stream(), cluster.endpointSlices().stream())
                .map(Located::object)
                .forEach(object -> text.append('\n').append(json(object)));
        return text.toString();
    }

    static String json(Object object) {
        try {
            return MAPPER.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
