package io.vipline.tools.live;

import io.vipline.dataplane.frame.live.LiveDevice;
import io.vipline.dataplane.frame.live.NetworkNamespace;
import io.vipline.dataplane.frame.live.PacketSocket;
import io.vipline.dataplane.frame.live.TapDevice;
import io.vipline.rules.net.IpAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An interface as {@code --interface} names it: {@code tap:NAME} or {@code packet:NAME}, with {@code @NETNS} if it is in
 * another network namespace.
 *
 * @param namespace as {@code ip netns} lists it; empty: our own
 */
public record InterfaceSpec(Kind kind, String name, String namespace) {
    /** How frames are taken from the kernel. */
    public enum Kind {
        /** A TAP device: the kernel is the station at its other end. */
        TAP,
        /** A packet socket on an interface that is there: the stations behind it are at its other end. */
        PACKET
    }

    private static final Pattern FORM = Pattern.compile("(tap|packet):([^@/\\s]{1,15})(?:@(\\S+))?");

    /** @return empty if the text is of another form */
    public static Optional<InterfaceSpec> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Kind kind = matcher.group(1).equals("tap") ? Kind.TAP : Kind.PACKET;
        String namespace = matcher.group(3) == null ? "" : matcher.group(3);
        return Optional.of(new InterfaceSpec(kind, matcher.group(2), namespace));
    }

    /**
     * Opens the device.
     *
     * @param promiscuous whether a packet socket also takes frames that are sent to other stations
     */
    public LiveDevice open(boolean promiscuous) {
        return NetworkNamespace.call(
                namespace, () -> kind == Kind.TAP ? TapDevice.open(name) : PacketSocket.open(name, promiscuous));
    }

    /** The addresses that the kernel has on the interface; none if it is in another namespace, where we do not look. */
    public List<IpAddress> kernelAddresses() {
        if (!namespace.isEmpty()) {
            return List.of();
        }
        try {
            NetworkInterface face = NetworkInterface.getByName(name);
            return face == null
                    ? List.of()
                    : face.inetAddresses().map(InterfaceSpec::address).toList();
        } catch (SocketException unreadable) {
            return List.of();
        }
    }

    private static IpAddress address(InetAddress address) {
        return IpAddress.of(address.getHostAddress().replaceAll("%.*", ""));
    }

    @Override
    public String toString() {
        String where = namespace.isEmpty() ? "" : "@" + namespace;
        return (kind == Kind.TAP ? "tap:" : "packet:") + name + where;
    }
}
