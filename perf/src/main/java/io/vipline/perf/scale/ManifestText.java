package io.vipline.perf.scale;

/** The manifests that {@code perf/scale} gives to {@code vipline compile}, on stdout. */
public final class ManifestText {
    /** The node that we are: what the proxy asks of it. */
    static final String NODE = """
            apiVersion: v1
            kind: Node
            metadata:
              name: here
            spec:
              podCIDR: 20.0.0.0/8
              podCIDRs:
              - 20.0.0.0/8
            status:
              addresses:
              - type: InternalIP
                address: 172.18.0.2
            """;

    private ManifestText() {}

    /** @param args Services, endpoints of each, and the number of one if it alone is wanted, with an endpoint less */
    public static void main(String[] args) {
        int services = Integer.parseInt(args[0]);
        int endpoints = Integer.parseInt(args[1]);
        System.out.print(NODE);
        if (args.length > 2) {
            int one = Integer.parseInt(args[2]);
            System.out.print(new LargeCluster(services, endpoints).yamlOfLess(one));
        } else {
            System.out.print(new LargeCluster(services, endpoints).yaml());
        }
        System.out.flush();
    }
}
