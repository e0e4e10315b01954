package io.vipline.rules.table;

/**
 * What rules can see of a packet, filled by the caller and reused: one per thread, owned by the thread that calls {@link
 * Table#lookup}. Addresses are halves as in {@link io.vipline.rules.net.IpAddress}; everything is in host order.
 *
 * <p>For a NEW packet the addresses are those on the wire. For any other state they are those that the filter table
 * sees: destination already translated, source not yet.
 */
public final class PacketKey {
    /** Connection states, the values of {@link #state}. */
    public static final int NEW = 0;

    public static final int ESTABLISHED = 1;
    public static final int RELATED = 2;
    public static final int INVALID = 3;
    public static final int UNTRACKED = 4;

    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /** IANA number. */
    public int protocol;
    /** 0–65535; for protocols without ports -1, which no port term matches. */
    public int sourcePort;

    public int destinationPort;
    /** One of the constants above. */
    public int state;
    /** Byte 13 of a TCP header. */
    public int tcpFlags;
    /** Type and code of an ICMP packet, {@code type << 8 | code}. */
    public int icmpTypeCode;
    /** Of the IP header on arrival; -1: not known, as {@link #lengthBytes} and {@link #tos}. */
    public int ttl = -1;
    /** Of the IP packet, header included. */
    public int lengthBytes = -1;
    /** Byte 1 of IPv4, the traffic class of IPv6. */
    public int tos = -1;
    /** The packet's mark on arrival. */
    public int mark;
    /** Name of the interface of arrival; null if it came from the node itself or isn't known. */
    public String inInterface;
}
