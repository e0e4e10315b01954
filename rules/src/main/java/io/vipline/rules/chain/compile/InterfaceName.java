package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.table.PacketKey;

/** Which interface a question is about, and the name asked for. */
sealed interface InterfaceName {
    /** The packet's interface; null if not known. */
    String of(PacketKey key);

    boolean matches(String name);

    /** Whether it is the interface of arrival. */
    default boolean isOfArrival() {
        return !(this instanceof Departure);
    }

    /** @param pattern one that ends in {@code +} is a prefix */
    static boolean matches(String pattern, String name) {
        int prefixLength = pattern.length() - 1;
        boolean isPrefix = prefixLength >= 0 && pattern.charAt(prefixLength) == '+';
        return isPrefix ? name.regionMatches(0, pattern, 0, prefixLength) : name.equals(pattern);
    }

    record Arrival(String pattern) implements InterfaceName {
        @Override
        public String of(PacketKey key) {
            return key.inInterface;
        }

        @Override
        public boolean matches(String name) {
            return InterfaceName.matches(pattern, name);
        }
    }

    /** As the routes have it for the destination on arrival. */
    record Departure(String pattern, NodeNetwork network) implements InterfaceName {
        @Override
        public String of(PacketKey key) {
            return network.outInterface(key.destinationHigh, key.destinationLow);
        }

        @Override
        public boolean matches(String name) {
            return InterfaceName.matches(pattern, name);
        }
    }

    /** Whether the packet arrives by the interface that has its destination's address. */
    record OfDestination(NodeNetwork network) implements InterfaceName {
        private static final String SAME = "same";

        @Override
        public String of(PacketKey key) {
            if (key.inInterface == null) {
                return null;
            }
            return network.interfaceOf(key.destinationHigh, key.destinationLow).equals(key.inInterface) ? SAME : "";
        }

        @Override
        public boolean matches(String name) {
            return name.equals(SAME);
        }
    }
}
