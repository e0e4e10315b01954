package io.vipline.dataplane.frame;

/**
 * How a frame begins; numbers are the LINKTYPE_ values of capture files (IETF draft-ietf-opsawg-pcaplinktype).
 * Everything that is no Ethernet is seen by the pipeline as it stands in the file: the network layer's start is found
 * per link type at decoding, and the bytes before it are kept.
 */
public enum LinkType {
    /** 4-byte protocol family in the byte order of the capturing host. */
    BSD_LOOPBACK(0),
    ETHERNET(1),
    /** LINKTYPE_RAW: IPv4 or IPv6 by its first nibble. */
    RAW_IP(101),
    /** As {@link #BSD_LOOPBACK}, family in network byte order. */
    OPENBSD_LOOPBACK(108),
    /** Linux cooked capture v1, 16 bytes before the network layer. */
    LINUX_SLL(113),
    RAW_IPV4(228),
    RAW_IPV6(229),
    /** Linux cooked capture v2, 20 bytes before the network layer. */
    LINUX_SLL2(276),
    /** Any other: frames pass through uninterpreted. */
    OTHER(-1);

    private static final LinkType[] TYPES = values();

    private final int number;

    LinkType(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    static LinkType ofOrdinal(int ordinal) {
        return TYPES[ordinal];
    }

    public static LinkType ofNumber(int number) {
        for (LinkType type : values()) {
            if (type.number == number) {
                return type;
            }
        }
        // some systems write DLT_RAW's own number
        return number == 12 || number == 14 ? RAW_IP : OTHER;
    }
}
