package io.vipline.tools.live;

import io.vipline.dataplane.frame.live.LiveDevice;
import io.vipline.dataplane.route.InterfaceTable;
import io.vipline.dataplane.route.InterfaceTable.Interface;
import io.vipline.dataplane.route.InterfaceTable.InterfaceAddress;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.route.Route;
import io.vipline.dataplane.route.RouteTable;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The node's place in the network: its interfaces with their addresses, and its routes.
 *
 * @param notes what a person should know: addresses of the Node that no interface has
 */
public record LiveTopology(InterfaceTable interfaces, RouteTable routes, List<String> notes) {
    /**
     * Puts it together. An address of the Node that no interface was given goes to the interface whose network it is of.
     *
     * @param nodeIps the Node's InternalIPs
     * @throws IllegalArgumentException if an address or a route names an interface that is none of the devices'
     */
    public static LiveTopology of(
            List<? extends LiveDevice> devices,
            List<AddressSpec> addresses,
            List<RouteSpec> routes,
            List<IpAddress> nodeIps) {
        List<List<InterfaceAddress>> byDevice = new ArrayList<>();
        devices.forEach(device -> byDevice.add(new ArrayList<>()));
        for (AddressSpec spec : addresses) {
            byDevice.get(indexOf(devices, spec.interfaceName(), "--address")).add(spec.address());
        }
        List<String> notes = new ArrayList<>();
        for (IpAddress nodeIp : nodeIps) {
            if (!give(byDevice, nodeIp)) {
                notes.add("no interface is in a network with " + nodeIp + ", an address of the Node: it is not reached"
                        + " there unless --address says on which interface it is");
            }
        }
        List<Interface> interfaces = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            LiveDevice device = devices.get(i);
            interfaces.add(new Interface(device.name(), device.hardwareAddress(), device.mtuBytes(), byDevice.get(i)));
        }
        InterfaceTable table = new InterfaceTable(interfaces);
        List<Route> given = routes.stream()
                .map(spec -> new Route(
                        spec.destination(), indexOf(devices, spec.interfaceName(), "--route"), spec.gateway()))
                .toList();
        return new LiveTopology(table, RouteTable.of(table, given), notes);
    }

    /** @return whether an interface has the address, or has it now */
    private static boolean give(List<List<InterfaceAddress>> byDevice, IpAddress nodeIp) {
        boolean isThere = byDevice.stream()
                .flatMap(List::stream)
                .anyMatch(own -> own.address().equals(nodeIp));
        if (isThere) {
            return true;
        }
        for (List<InterfaceAddress> own : byDevice) {
            Optional<InterfaceAddress> near = own.stream()
                    .filter(a -> new Cidr(a.address(), a.prefixLength()).contains(nodeIp))
                    .findFirst();
            if (near.isPresent()) {
                own.add(new InterfaceAddress(nodeIp, near.get().prefixLength()));
                return true;
            }
        }
        return false;
    }

    private static int indexOf(List<? extends LiveDevice> devices, String name, String flag) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException(flag + " names " + name + ", which is none of the --interface devices");
    }

    /** The configuration of a proxy on a node that has these addresses beside the ones it is said to have. */
    public ProxyConfig onThisNode(ProxyConfig config) {
        List<LocalAddress> all = new ArrayList<>();
        for (Interface face : interfaces.all()) {
            face.addresses().forEach(a -> all.add(new LocalAddress(face.name(), a.address(), a.prefixLength())));
        }
        for (LocalAddress known : config.localAddresses()) {
            if (!interfaces.isOwn(known.address().high(), known.address().low())) {
                all.add(known);
            }
        }
        return config.withLocalAddresses(all);
    }

    /** What masquerading uses: the Node's own address where an interface has it, else an interface's first. */
    public NodeAddresses masqueradeAddresses(ProxyConfig config) {
        return new NodeAddresses(address(config, IpFamily.IPV4), address(config, IpFamily.IPV6));
    }

    private Optional<IpAddress> address(ProxyConfig config, IpFamily family) {
        return config.nodeIp(family)
                .filter(ip -> interfaces.isOwn(ip.high(), ip.low()))
                .or(() -> interfaces.all().stream()
                        .flatMap(face -> face.addresses().stream())
                        .map(InterfaceAddress::address)
                        .filter(own -> own.family() == family)
                        .findFirst());
    }
}
