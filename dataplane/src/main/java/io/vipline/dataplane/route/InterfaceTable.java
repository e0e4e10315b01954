package io.vipline.dataplane.route;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;
import java.util.Optional;

/** The node's interfaces, by index, with the addresses that the node has on each. Immutable. */
public final class InterfaceTable {
    /**
     * An address with the length of the network that is reached without a router.
     *
     * @param prefixLength within the family
     */
    public record InterfaceAddress(IpAddress address, int prefixLength) {}

    /**
     * An interface.
     *
     * @param hardwareAddress its Ethernet address, in the low 48 bits
     */
    public record Interface(String name, long hardwareAddress, int mtuBytes, List<InterfaceAddress> addresses) {
        public Interface {
            addresses = List.copyOf(addresses);
        }
    }

    private final List<Interface> interfaces;
    private final long[] high;
    private final long[] low;
    private final int[] owner;

    public InterfaceTable(List<Interface> interfaces) {
        this.interfaces = List.copyOf(interfaces);
        int count = interfaces.stream().mapToInt(i -> i.addresses().size()).sum();
        high = new long[count];
        low = new long[count];
        owner = new int[count];
        int at = 0;
        for (int i = 0; i < interfaces.size(); i++) {
            for (InterfaceAddress address : interfaces.get(i).addresses()) {
                high[at] = address.address().high();
                low[at] = address.address().low();
                owner[at++] = i;
            }
        }
    }

    public int size() {
        return interfaces.size();
    }

    public Interface get(int index) {
        return interfaces.get(index);
    }

    public List<Interface> all() {
        return interfaces;
    }

    /** Whether the node has the address, on whichever interface. */
    public boolean isOwn(long addressHigh, long addressLow) {
        for (int i = 0; i < low.length; i++) {
            if (low[i] == addressLow && high[i] == addressHigh) {
                return true;
            }
        }
        return false;
    }

    /** Whether the node has the address on this interface. */
    public boolean isOwn(int index, long addressHigh, long addressLow) {
        for (int i = 0; i < low.length; i++) {
            if (owner[i] == index && low[i] == addressLow && high[i] == addressHigh) {
                return true;
            }
        }
        return false;
    }

    /**
     * The address that the node speaks under to a neighbour: one of the same network, else the interface's first of the
     * family, else the node's first.
     */
    public Optional<IpAddress> sourceFor(int index, IpAddress neighbour) {
        List<InterfaceAddress> ofFamily = interfaces.get(index).addresses().stream()
                .filter(a -> a.address().family() == neighbour.family())
                .toList();
        Optional<IpAddress> near = ofFamily.stream()
                .filter(a -> new Cidr(a.address(), a.prefixLength()).contains(neighbour))
                .map(InterfaceAddress::address)
                .findFirst();
        return near.or(() -> ofFamily.stream().map(InterfaceAddress::address).findFirst())
                .or(() -> firstOf(neighbour));
    }

    private Optional<IpAddress> firstOf(IpAddress neighbour) {
        return interfaces.stream()
                .flatMap(i -> i.addresses().stream())
                .map(InterfaceAddress::address)
                .filter(a -> a.family() == neighbour.family())
                .findFirst();
    }
}
