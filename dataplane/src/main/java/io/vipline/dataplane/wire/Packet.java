package io.vipline.dataplane.wire;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.fragment.Datagram;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.rules.net.IpAddress;

/**
 * What decoding found in a frame: places relative to the frame's start, so that they hold in a copy too, and values in
 * host order. Filled by {@link Decoder}, reused; owned by the forwarder's thread.
 */
public final class Packet {
    public static final int NOT_IP = 0;
    public static final int IPV4 = 4;
    public static final int IPV6 = 6;

    /**
     * Whether this is what nearly all packets are: well-formed TCP or UDP, all of its header captured, without IP options,
     * extension headers, fragmentation or an unfinished checksum. Then {@link #problem} and the marks of what is special are at rest, and nobody need ask.
     */
    public boolean ordinary;

    /** Number of the frame in its input, from 0. */
    public long number;
    /** The clock when it arrives: the latest time stamp of its input so far, nanoseconds since 1970. */
    public long nowNs;
    /** Slot of the {@link FrameBatch} that the frame stands in. */
    public int slot;
    /** The batch's memory. Null in a packet that nobody sent. */
    public NativeMemory memory;
    /** Where the frame begins in it. */
    public int frameOffset;
    /** Bytes of the frame that are there. */
    public int captured;
    /** Bytes that the frame had on the wire. */
    public int original;

    /** Whether the frame begins with Ethernet addresses. */
    public boolean ethernet;

    /** {@link #NOT_IP}, {@link #IPV4} or {@link #IPV6}. */
    public int family;
    /** Where the IP header begins. */
    public int network;
    /** Bytes of the IP packet, header included, as its header says (or as the frame does, where that says 0: TSO). */
    public int ipBytes;
    /** Where the transport header begins: after all extension headers. */
    public int transport;
    /** Bytes from the transport header to the packet's end on the wire. */
    public int transportBytes;
    /** Bytes of these that are there. */
    public int transportCaptured;

    public int protocol;
    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /** Ports; an ICMP query's identifier in both; 0 where the protocol has none. */
    public int sourcePort;

    public int destinationPort;
    public int ttl;
    /** Byte 13 of the TCP header; 0 if not TCP. */
    public int tcpFlags;
    /** {@code type << 8 | code} of ICMP and ICMPv6. */
    public int icmpTypeCode;

    /** Where what fragmentation cuts begins: behind the IPv4 header or the IPv6 fragment header. */
    public int payload;
    /** Whether this is a fragment; the first one has offset 0 and carries the ports. */
    public boolean fragment;

    public int fragmentOffset;
    public boolean moreFragments;
    public int fragmentId;
    /** Name of the interface of arrival; null if rules need not know. */
    public String inInterface;

    /** IPv6: where the fragment header begins; 0 if there is none. */
    public int fragmentHeader;

    /** The datagram that was put together into this packet; null for a packet that came whole. */
    public Datagram datagram;

    /** Whether an ICMP error, whose connection is that of the packet it quotes. */
    public boolean icmpError;
    /** Whether ICMPv6 that conntrack leaves alone (neighbour discovery, MLD). */
    public boolean untracked;
    /** Whether conntrack calls the packet INVALID by its looks alone (lengths, flags). */
    public boolean malformedTransport;
    /** Whether the packet has the ports that NAT needs. */
    public boolean hasPorts;
    /** Why the frame cannot be processed; null if it can. */
    public DropReason problem;
    /** As {@link FrameBatch#checksumStart}, never {@link FrameBatch#CHECKSUM_AT_TRANSPORT}. */
    public int checksumStart;

    public int checksumOffset;
    /** Hash of the tuple, the same for both directions. */
    public int hash;
    /** What a search for the tuple found, as {@code ConnectionTable.search} tells; negative: nothing, or nobody searched. */
    public long found = -1;

    /** Sets to rest what only a special packet has. */
    void forget() {
        problem = null;
        protocol = -1;
        fragment = false;
        datagram = null;
        fragmentHeader = 0;
        icmpError = false;
        untracked = false;
        malformedTransport = false;
        icmpTypeCode = 0;
    }

    /** IPv4: both addresses as the header has them, {@code source << 32 | destination}. */
    public long v4Addresses() {
        return sourceLow << 32 | destinationLow & 0xffff_ffffL;
    }

    /** Takes both addresses, as {@link #v4Addresses} gives them. */
    void v4Addresses(long addresses) {
        sourceHigh = 0;
        sourceLow = IpAddress.V4_PREFIX | addresses >>> 32;
        destinationHigh = 0;
        destinationLow = IpAddress.V4_PREFIX | addresses & 0xffff_ffffL;
    }

    /** Both ports as the header has them, {@code source << 16 | destination}. */
    public int ports() {
        return sourcePort << 16 | destinationPort;
    }

    /** Takes both ports, as {@link #ports()} gives them. */
    void ports(int ports) {
        sourcePort = ports >>> 16;
        destinationPort = ports & 0xffff;
    }

    /** The packet has no ports, or they are not there. */
    void withoutPorts() {
        sourcePort = 0;
        destinationPort = 0;
        tcpFlags = 0;
        hasPorts = false;
    }

    /** Number of frames that the packet came in. */
    public int frames() {
        return datagram == null ? 1 : datagram.pieces();
    }

    /** Whether the snap length cut the frame. */
    public boolean isCut() {
        return captured < original;
    }

    /** Whether the transport checksum is unfinished: its field holds the pseudo-header's sum. */
    public boolean hasPartialChecksum() {
        return checksumStart >= 0;
    }

    /** Takes the tuple of {@code other} reversed: addresses, ports, protocol, nothing else. */
    public void reverseOf(Packet other) {
        family = other.family;
        protocol = other.protocol;
        hasPorts = other.hasPorts;
        tcpFlags = other.tcpFlags;
        sourceHigh = other.destinationHigh;
        sourceLow = other.destinationLow;
        sourcePort = other.destinationPort;
        destinationHigh = other.sourceHigh;
        destinationLow = other.sourceLow;
        destinationPort = other.sourcePort;
        hash = FlowHash.of(this);
    }
}
