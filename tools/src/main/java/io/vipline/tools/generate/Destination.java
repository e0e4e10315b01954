package io.vipline.tools.generate;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;

/**
 * An address that a Service can be reached at.
 *
 * @param service {@code namespace/name:port}
 * @param protocol TCP or UDP
 * @param clients who calls it
 * @param answered whether somebody answers there: else clients ask and ask again
 */
public record Destination(String service, Protocol protocol, IpPort address, Clients clients, boolean answered) {
    public Destination withoutAnswers() {
        return new Destination(service, protocol, address, clients, false);
    }
}
