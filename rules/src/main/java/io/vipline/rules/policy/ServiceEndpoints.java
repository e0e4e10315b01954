package io.vipline.rules.policy;

import java.util.List;

/**
 * A Service port and its endpoints.
 *
 * @param endpoints all of them, ready or not, in the string order of their {@code ip:port}
 */
public record ServiceEndpoints(ServicePort port, List<Endpoint> endpoints) {
    public ServiceEndpoints {
        endpoints = List.copyOf(endpoints);
    }
}
