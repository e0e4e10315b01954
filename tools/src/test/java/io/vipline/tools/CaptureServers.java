package io.vipline.tools;

import io.vipline.tools.CapturedFrames.Frame;
import java.io.IOException;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Services made for the servers in a capture. */
final class CaptureServers {
    private CaptureServers() {}

    record Server(String address, int port, String protocol) {}

    /** The sender of a frame, or its receiver. */
    static Server server(DecodedFrame frame, boolean isSource) throws IOException {
        byte[] address = isSource ? frame.source() : frame.destination();
        String protocol =
                frame.protocol() == DecodedFrame.TCP ? "TCP" : frame.protocol() == DecodedFrame.UDP ? "UDP" : "SCTP";
        return new Server(
                InetAddress.getByAddress(address).getHostAddress(),
                isSource ? frame.sourcePort() : frame.destinationPort(),
                protocol);
    }

    /** The side with the lower port serves. */
    static Set<Server> in(List<Frame> frames) throws IOException {
        Set<Server> servers = new LinkedHashSet<>();
        for (Frame captured : frames) {
            DecodedFrame frame = captured.decoded();
            if (frame.isIp() && !frame.isFragment() && frame.hasPorts()) {
                Server server = server(frame, frame.sourcePort() < frame.destinationPort());
                if (server.port() > 0) {
                    servers.add(server);
                }
            }
        }
        return servers;
    }

    /** Services that have the servers' addresses as external IPs. */
    static String manifests(Set<Server> servers) {
        StringBuilder text = new StringBuilder("apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n");
        int number = 1;
        for (Server server : servers) {
            boolean isV6 = server.address().contains(":");
            String family = isV6 ? "IPv6" : "IPv4";
            String clusterIp = isV6
                    ? "fd00:10:96::" + Integer.toHexString(number)
                    : "10.96." + number / 250 + "." + (number % 250 + 1);
            String endpoint = isV6
                    ? "fd00:10:244::" + Integer.toHexString(number)
                    : "10.244." + number / 250 + "." + (number % 250 + 1);
            text.append("""
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: s%1$d}
                    spec:
                      clusterIP: "%2$s"
                      clusterIPs: ["%2$s"]
                      ipFamilies: [%3$s]
                      externalIPs: ["%4$s"]
                      ports: [{name: p, port: %5$d, protocol: %6$s, targetPort: 8080}]
                    ---
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: s%1$d-1, labels: {kubernetes.io/service-name: s%1$d}}
                    addressType: %3$s
                    ports: [{name: p, port: 8080, protocol: %6$s}]
                    endpoints: [{addresses: ["%7$s"]}]
                    """.formatted(
                            number, clusterIp, family, server.address(), server.port(), server.protocol(), endpoint));
            number++;
        }
        return text.toString();
    }
}
