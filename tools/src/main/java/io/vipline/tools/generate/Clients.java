package io.vipline.tools.generate;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;

/** Addresses that connections come from. */
public sealed interface Clients {
    /** How many there are. */
    long count();

    /** @param index 0 to {@link #count()} - 1 */
    IpAddress at(long index);

    /** Pods, say: each one named. */
    record Listed(List<IpAddress> addresses) implements Clients {
        public Listed {
            addresses = List.copyOf(addresses);
        }

        @Override
        public long count() {
            return addresses.size();
        }

        @Override
        public IpAddress at(long index) {
            return addresses.get((int) index);
        }
    }

    /** Everybody in a range but its first and last address, which IPv4 keeps for the network and its broadcast. */
    record Range(Cidr cidr) implements Clients {
        @Override
        public long count() {
            int hostBits = cidr.family().bits() - cidr.prefixLength();
            return hostBits < 2 ? 1L << hostBits : (1L << Math.min(hostBits, 32)) - 2;
        }

        @Override
        public IpAddress at(long index) {
            return cidr.address()
                    .plus(count() <= 2 && cidr.family().bits() - cidr.prefixLength() < 2 ? index : index + 1);
        }
    }
}
