package io.vipline.rules.manifest;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;
import java.util.Set;

/** Gives out the addresses of a range, lowest first, but for those taken. For one thread. */
final class AddressPool {
    private final Cidr range;
    private final long lowest;
    private final long last;
    private final long start;
    private final Set<IpAddress> taken;
    private long given;

    /**
     * @param lowest offset of the first address that may be given out
     * @param start offset to begin at; those before it come last
     * @param taken addresses in use; what is given out is added
     */
    AddressPool(Cidr range, long lowest, long start, Set<IpAddress> taken) {
        this.range = range;
        int hostBits = range.family().bits() - range.prefixLength();
        long size = hostBits >= 62 ? 1L << 62 : 1L << hostBits;
        boolean broadcast = range.address().isV4() && hostBits > 1;
        this.lowest = Math.min(lowest, size - 1);
        this.last = size - (broadcast ? 2 : 1);
        this.start = start > last ? this.lowest : start;
        this.taken = taken;
    }

    /** @return empty if none is left */
    Optional<IpAddress> next() {
        while (given <= last - lowest) {
            long offset = start + given;
            if (offset > last) {
                offset = lowest + (offset - last - 1);
            }
            given++;
            IpAddress address = range.address().plus(offset);
            if (taken.add(address)) {
                return Optional.of(address);
            }
        }
        return Optional.empty();
    }
}
