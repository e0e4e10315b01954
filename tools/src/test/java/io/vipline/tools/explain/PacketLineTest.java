package io.vipline.tools.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.tools.explain.PacketLine.MalformedPacket;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets as people type them, with the names of {@code names.yaml}. */
class PacketLineTest {
    private static PacketLine lines;

    @BeforeAll
    static void readNames() throws IOException {
        ManifestSource names = new ManifestSource(
                "names.yaml",
                () -> new InputStreamReader(
                        PacketLineTest.class.getResourceAsStream("/explain/names.yaml"), StandardCharsets.UTF_8));
        lines = new PacketLine(new ClusterNames(
                ClusterLoader.load(List.of(names), ClusterSettings.DEFAULT).cluster()));
    }

    private static String text(PacketDescription packet) {
        return PacketText.of(packet)
                + " " + packet.state()
                + " flags " + packet.tcpFlags()
                + " mark " + packet.mark()
                + packet.inInterface().map(name -> " in " + name).orElse("")
                + packet.outInterface().map(name -> " out " + name).orElse("");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            tcp 10.0.0.5:40000 > 10.96.0.10:80                          | tcp 10.0.0.5:40000 > 10.96.0.10:80 NEW flags 2 mark 0
            TCP 10.0.0.5:40000>10.96.0.10:80                            | tcp 10.0.0.5:40000 > 10.96.0.10:80 NEW flags 2 mark 0
            udp [fd00::5]:40000 > [fd00::a]:53                          | udp [fd00::5]:40000 > [fd00::a]:53 NEW flags 2 mark 0
            sctp 10.0.0.5:1 > 10.96.0.10:3868                           | sctp 10.0.0.5:1 > 10.96.0.10:3868 NEW flags 2 mark 0
            icmp 10.0.0.5 > 10.96.0.10                                  | icmp 10.0.0.5 > 10.96.0.10 NEW flags 2 mark 0
            icmp [fd00::5] > fd00::a                                    | icmpv6 fd00::5 > fd00::a NEW flags 2 mark 0
            in eth0 out cni0 tcp 1.2.3.4:1 > 5.6.7.8:80                 | tcp 1.2.3.4:1 > 5.6.7.8:80 NEW flags 2 mark 0 in eth0 out cni0
            out cni0 tcp 1.2.3.4:1 > 5.6.7.8:80                         | tcp 1.2.3.4:1 > 5.6.7.8:80 NEW flags 2 mark 0 out cni0
            tcp 1.2.3.4:1 > 5.6.7.8:80 flags SA state ESTABLISHED       | tcp 1.2.3.4:1 > 5.6.7.8:80 ESTABLISHED flags 18 mark 0
            tcp 1.2.3.4:1 > 5.6.7.8:80 mark 0x4000 state related        | tcp 1.2.3.4:1 > 5.6.7.8:80 RELATED flags 2 mark 16384
            tcp 010.0.0.5:1 > 10.96.0.010:80 state INVALID              | tcp 10.0.0.5:1 > 10.96.0.10:80 INVALID flags 2 mark 0
            """)
    @DisplayName("a packet is read as it is typed")
    void aPacketIsRead(String line, String expected) throws MalformedPacket {
        assertThat(text(lines.parse(line).packet())).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} from {1} is {2}")
    @CsvSource(textBlock = """
            web,                            10.0.0.1,   10.96.0.10
            web.default,                    10.0.0.1,   10.96.0.10
            web.shop,                       10.0.0.1,   10.96.0.11
            web.shop.svc,                   10.0.0.1,   10.96.0.11
            web.shop.svc.cluster.local,     10.0.0.1,   10.96.0.11
            web.shop.svc.cluster.local.,    10.0.0.1,   10.96.0.11
            WEB.Shop,                       10.0.0.1,   10.96.0.11
            web.shop,                       [fd00::1],  [fd00:10:96::11]
            web.shop,                       web.shop,   10.96.0.11
            inside,                         10.0.0.1,   10.96.0.11
            db-0.db.shop,                   10.0.0.1,   10.244.1.2
            db-1.db.shop.svc.cluster.local, 10.0.0.1,   10.244.1.3
            db-1.shop,                      10.0.0.1,   10.244.1.3
            db.shop,                        10.0.0.1,   10.244.1.2
            worker.example.com,             10.0.0.1,   192.168.10.11
            """)
    @DisplayName("a name stands for the address that it has in the cluster")
    void aNameIsResolved(String name, String from, String address) throws MalformedPacket {
        PacketDescription packet =
                lines.parse("tcp " + from + ":1 > " + name + ":80").packet();
        assertThat(PacketText.of(packet)).endsWith(" > " + address + ":80");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            tcp 10.0.0.1:1 > webb:80                   | 'webb' is neither an address nor a name in the cluster; did you mean web?
            tcp 10.0.0.1:1 > idle.shop:80              | is headless, and none of its endpoints is ready
            tcp 10.0.0.1:1 > outside:80                | stands for db.example.com, which is not in the cluster
            tcp 10.0.0.1:1 > loop:80                   | leads back to itself
            tcp [fd00::1]:1 > web:80                   | one side is IPv4 and one IPv6: fd00::1 > web [10.96.0.10]
            tcp 10.0.0.1:1 > [fd00::1]:80              | one side is IPv4 and one IPv6
            tcp 10.0.0.1 > 10.96.0.10:80               | both sides need a port
            tcp 10.0.0.1:1 > 10.96.0.10:65536          | '65536' is no port
            http 10.0.0.1:1 > 10.96.0.10:80            | 'http' is no protocol here
            tcp 10.0.0.1:1 > 10.96.0.10:80 flags X     | 'X' are no TCP flags
            tcp 10.0.0.1:1 > 10.96.0.10:80 state DNAT  | 'DNAT' is no connection state
            tcp 10.0.0.1:1 > 10.96.0.10:80 mark z      | 'z' is no mark
            tcp 10.0.0.1:1 > 10.96.0.10:80 hops 3      | 'hops' is not known here
            tcp 10.0.0.1:1 > 10.96.0.10:80 ttl x       | 'x' is no such number
            icmp 10.0.0.1 > 10.96.0.10 type 3/256      | '3/256' is no ICMP type and code
            10.0.0.1 to 10.96.0.10                     | not a packet
            """)
    @DisplayName("what is no packet is told how to mend it")
    void whatIsNoPacketIsRefused(String line, String message) {
        assertThatThrownBy(() -> lines.parse(line))
                .isInstanceOf(MalformedPacket.class)
                .hasMessageContaining(message);
    }

    @Test
    void ofANameWithSeveralAddressesItIsSaidThatAClientChooses() throws MalformedPacket {
        assertThat(lines.parse("tcp 10.0.0.1:1 > db.shop:80").notes())
                .containsExactly(
                        "db.shop has 2 addresses, of which a client chooses one: 10.244.1.2, 10.244.1.3; this is"
                                + " about the first");
        assertThat(lines.parse("tcp 10.0.0.1:1 > web.shop:80").notes()).isEmpty();
    }
}
