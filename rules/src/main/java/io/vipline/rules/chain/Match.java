package io.vipline.rules.chain;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One term of a rule. Engines look at the typed components only. {@code text} is for the printer: the whole term as it
 * was written, from its {@code -m} or {@code !} on, so that a parsed dump prints back as it was; empty means kube-proxy's
 * own spelling, which the printer makes from the typed components ({@link TermText}).
 */
public sealed interface Match {
    /**
     * {@code -m comment --comment "…"}. Always true.
     *
     * @param text without quotes and escapes
     * @param quoted whether it stands in quotes, as kube-proxy writes what contains a space and iptables-save nearly all
     */
    record Comment(String text, boolean quoted) implements Match {}

    /**
     * {@code -m tcp} and the like: loads an extension whose terms follow. True for packets of that protocol; always true
     * for an extension that is not named after one ({@code addrtype} standing before two terms).
     */
    record Module(String name) implements Match {}

    /** {@code [!] -p tcp}; number 0 is {@code all}. */
    record Protocol(int number, String text, boolean negated) implements Match {}

    /** {@code [!] -s CIDR}. */
    record Source(Cidr cidr, String text, boolean negated) implements Match {}

    /** {@code [!] -d CIDR}. */
    record Destination(Cidr cidr, String text, boolean negated) implements Match {}

    /** {@code [!] --sport N[:M]}. */
    record SourcePort(PortRange ports, boolean negated) implements Match {}

    /** {@code [!] --dport N[:M]}. */
    record DestinationPort(PortRange ports, boolean negated) implements Match {}

    /** {@code -m multiport [!] --sports|--dports|--ports a,b:c}. */
    record MultiPort(Side side, List<PortRange> ports, boolean negated) implements Match {
        public MultiPort {
            ports = List.copyOf(ports);
        }
    }

    /** Which port or address of the packet a term looks at. */
    enum Side {
        SOURCE,
        DESTINATION,
        EITHER
    }

    /** {@code [!] -i NAME}; a name that ends in {@code +} is a prefix. */
    record InInterface(String pattern, boolean negated) implements Match {}

    /** {@code [!] -o NAME}. */
    record OutInterface(String pattern, boolean negated) implements Match {}

    /** {@code -m conntrack [!] --ctstate A,B}, or {@code -m state [!] --state A,B} of old. */
    record ConnectionState(String module, Set<CtState> states, String text, boolean negated) implements Match {
        public ConnectionState {
            states = Set.copyOf(states);
        }
    }

    /** {@code -m mark [!] --mark VALUE[/MASK]}. True if {@code (mark & mask) == value}. */
    record Mark(int value, int mask, String text, boolean negated) implements Match {}

    /** {@code -m addrtype [!] --src-type|--dst-type LOCAL} and other types; several terms may share one module. */
    record AddressType(Side side, Set<String> types, String text, boolean negated) implements Match {
        public AddressType {
            types = Set.copyOf(types);
        }
    }

    /** {@code -m statistic --mode random --probability P}, or one in so many by {@code --mode nth}. */
    record Statistic(double probability, String text) implements Match {}

    /**
     * {@code -m recent}: lists of source addresses with time stamps ({@code net/netfilter/xt_recent.c}).
     *
     * @param seconds 0 if no {@code --seconds} was given
     */
    record Recent(RecentOperation operation, String list, int seconds, boolean reap, String text, boolean negated)
            implements Match {}

    /** What {@code -m recent} does to its list. SET always holds. */
    enum RecentOperation {
        SET,
        RCHECK,
        UPDATE,
        REMOVE
    }

    /** {@code -m nfacct --nfacct-name NAME}: counts. Always true. */
    record NfAcct(String name) implements Match {}

    /** {@code [!] --tcp-flags MASK COMPARE} (or {@code --syn}); bits as in the TCP header's byte 13. */
    record TcpFlags(int mask, int compare, String text, boolean negated) implements Match {}

    /** {@code [!] --icmp-type T[/C]}, or {@code --icmpv6-type}. Code -1: any; type 255 with {@code any}: any. */
    record IcmpType(int type, int code, String text, boolean negated) implements Match {}

    /**
     * {@code -m set [!] --match-set NAME src,dst…}.
     *
     * @param content empty if it is not known
     */
    record IpSet(String set, List<Side> dimensions, Optional<AddressSet> content, String text, boolean negated)
            implements Match {
        public IpSet {
            dimensions = List.copyOf(dimensions);
        }
    }

    /** {@code -m iprange [!] --src-range|--dst-range A-B}. */
    record AddressRange(Side side, IpAddress first, IpAddress last, String text, boolean negated) implements Match {
        public boolean contains(long high, long low) {
            IpAddress address = new IpAddress(high, low);
            return address.family() == first.family() && address.compareTo(first) >= 0 && address.compareTo(last) <= 0;
        }
    }

    /** {@code -m connmark [!] --mark VALUE[/MASK]}: as {@link Mark}, of the connection's mark. */
    record ConnectionMark(int value, int mask, String text, boolean negated) implements Match {}

    /** A number that the IP header has. */
    enum Field {
        TTL,
        LENGTH,
        /** Byte 1 of IPv4, the traffic class of IPv6. */
        TOS
    }

    /**
     * {@code -m ttl|hl|length|tos|dscp|ecn …}: holds if the field under the mask is from {@code first} to {@code last}.
     */
    record HeaderField(Field field, int mask, int first, int last, String text, boolean negated) implements Match {
        public boolean holds(int value) {
            return (value & mask) >= first && (value & mask) <= last;
        }
    }

    /**
     * {@code -m conntrack [!] --ctorigsrc|--ctorigdst|--ctreplsrc|--ctrepldst CIDR}.
     *
     * @param ofReply which of the connection's two tuples
     */
    record TupleAddress(boolean ofReply, Side side, Cidr cidr, String text, boolean negated) implements Match {}

    /** {@code -m conntrack [!] --ctorigsrcport|… N[:M]}. */
    record TuplePort(boolean ofReply, Side side, PortRange ports, String text, boolean negated) implements Match {}

    /**
     * {@code -m conntrack [!] --ctproto|--ctdir|--ctstatus …}.
     *
     * @param value a protocol's number; 0 for ORIGINAL and 1 for REPLY; bits of {@link #SEEN_REPLY} and others
     */
    record ConnectionTrait(Trait trait, int value, String text, boolean negated) implements Match {
        /** Status bits ({@code enum ip_conntrack_status}). */
        public static final int EXPECTED = 1;

        public static final int SEEN_REPLY = 2;
        public static final int ASSURED = 4;
        public static final int CONFIRMED = 8;
    }

    /** What {@link ConnectionTrait} asks. */
    enum Trait {
        PROTOCOL,
        DIRECTION,
        STATUS
    }

    /**
     * {@code -m addrtype [!] --src-type|--dst-type LOCAL --limit-iface-in|--limit-iface-out}: an address of the node on
     * the very interface by which the packet arrives or leaves.
     */
    record LocalOnInterface(Side side, boolean arriving, String text, boolean negated) implements Match {}

    /**
     * {@code -m owner …}: of the socket that sent the packet, which only packets of the node itself have.
     *
     * @param without whether a packet without a socket matches
     * @param question the text without its negation; empty if it asks several things
     */
    record SocketOwner(boolean without, String text, String question) implements Match {}

    /**
     * A term about what is not told of a packet and is the same for nearly every one: a limit that is not reached, no
     * bridge port, no routing header. It is taken for granted, and that is said.
     *
     * @param because what is taken for granted
     */
    record Granted(boolean holds, String because, String text) implements Match {}

    /**
     * A term that can't be decided offline, or one this version does not evaluate: both answers are possible.
     *
     * @param text as written
     * @param because what a reader must know to decide it
     * @param question the text without its negation; empty if the same term may have another answer the next time
     */
    record Opaque(String text, String because, String question, boolean negated) implements Match {
        public Opaque(String text, String because) {
            this(text, because, "", false);
        }
    }
}
