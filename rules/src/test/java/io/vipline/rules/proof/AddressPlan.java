package io.vipline.rules.proof;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.List;

/**
 * Who has which addresses, told in IPv4 for both families: in IPv6 {@code a.b.c.d} becomes {@code fd00::ab:cd}, and
 * loopback is loopback.
 */
record AddressPlan(IpFamily family) {
    static final String NODE = "192.168.0.2";
    static final String NODE_NETWORK = "192.168.0.0/24";
    static final String SECOND = "192.168.1.2";
    /** The node's, on the interface of the pods. */
    static final String BRIDGE = "10.244.1.254";

    static final String OTHER_NODE = "192.168.0.3";
    static final String PODS = "10.244.0.0/16";
    static final String LOCAL_PODS = "10.244.1.0/24";
    static final String SERVICES = "172.30.0.0/24";
    static final List<String> EXTERNAL = List.of("198.51.100.1", "198.51.100.2", "198.51.100.3", SECOND);
    static final List<String> VIPS = List.of("198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.2");
    static final List<String> CLIENTS = List.of("203.0.113.2", "203.0.113.130", "192.168.0.77", OTHER_NODE);

    private static final long V6 = 0xfd00L << 48;

    IpAddress at(String v4) {
        IpAddress address = IpAddress.of(v4);
        if (family == IpFamily.IPV4) {
            return address;
        }
        return v4.startsWith("127.") ? IpAddress.of("::1") : IpAddress.v6(V6, address.v4() & 0xffff_ffffL);
    }

    Cidr range(String v4) {
        Cidr range = Cidr.of(v4);
        if (family == IpFamily.IPV4) {
            return range;
        }
        if (range.prefixLength() == 0) {
            return Cidr.of("::/0");
        }
        return v4.startsWith("127.")
                ? Cidr.of("::1/128")
                : new Cidr(at(range.address().toString()), 96 + range.prefixLength());
    }

    /** The address as somebody may have written it. */
    String written(String v4, Draws draws) {
        String text = at(v4).toString();
        if (draws.oneIn(3)) {
            return family == IpFamily.IPV4
                    ? text.replaceFirst("\\.(\\d{1,2})\\.", ".0$1.")
                    : text.replace("fd00::", draws.any("FD00:0::", "fd00:0000:0:0::"));
        }
        return text;
    }

    AddressPlan other() {
        return new AddressPlan(family == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4);
    }
}
