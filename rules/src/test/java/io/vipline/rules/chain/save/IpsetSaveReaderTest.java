package io.vipline.rules.chain.save;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.Match.Side;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.PacketKey;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class IpsetSaveReaderTest {
    private static final String SAVED = """
            create clients hash:ip family inet hashsize 1024 maxelem 65536 timeout 600 counters bucketsize 12 initval 0x7
            add clients 10.0.0.1 timeout 500 packets 3 bytes 180
            create masked hash:ip family inet hashsize 1024 maxelem 65536 netmask 24
            add masked 10.7.0.0
            create nets hash:net family inet hashsize 1024 maxelem 65536
            add nets 10.0.0.0/8
            add nets 10.1.0.0/16 nomatch
            add nets 10.1.2.3
            create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 comment
            add KUBE-CLUSTER-IP 10.96.0.10,udp:53 comment "kube-system/kube-dns:dns"
            add KUBE-CLUSTER-IP 10.96.0.10,tcp:53
            create KUBE-LOOP-BACK hash:ip,port,ip family inet hashsize 1024 maxelem 65536
            add KUBE-LOOP-BACK 10.0.0.2,tcp:80,10.0.0.2
            create fw hash:ip,port,net family inet hashsize 1024 maxelem 65536
            add fw 1.2.3.4,tcp:80,203.0.113.0/25
            create pairs hash:net,net family inet hashsize 1024 maxelem 65536
            add pairs 10.0.0.0/24,10.9.0.0/24
            create via hash:net,iface family inet hashsize 1024 maxelem 65536
            add via 10.0.0.0/8,eth0
            create netports hash:net,port family inet hashsize 1024 maxelem 65536
            add netports 10.96.0.0/16,tcp:80
            create block bitmap:ip range 192.168.0.0-192.168.0.255
            add block 192.168.0.4-192.168.0.6
            create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
            add KUBE-NODE-PORT-TCP 30080
            create six hash:net family inet6 hashsize 1024 maxelem 65536
            add six fd00:10::/32
            create both list:set size 8
            add both clients
            add both six
            """;

    private static Map<String, AddressSet> sets() {
        IpsetSaveReader reader = new IpsetSaveReader();
        try {
            reader.read("sets.txt", new StringReader(SAVED));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(reader.problems()).isEmpty();
        return reader.sets();
    }

    private static PacketKey packet(String source, String destination, int protocol, int port, String in) {
        PacketKey key = new PacketKey();
        IpAddress from = IpAddress.of(source);
        IpAddress to = IpAddress.of(destination);
        key.sourceHigh = from.high();
        key.sourceLow = from.low();
        key.destinationHigh = to.high();
        key.destinationLow = to.low();
        key.protocol = protocol;
        key.sourcePort = 40000;
        key.destinationPort = port;
        key.inInterface = in;
        return key;
    }

    @TestFactory
    Stream<DynamicTest> a_packet_is_in_a_set_or_is_not() {
        record Case(String set, String sides, String packet, String answer) {}
        Map<String, AddressSet> sets = sets();
        return Stream.of(
                        new Case("clients", "src", "10.0.0.1 10.9.9.9 6 80 -", "YES"),
                        new Case("clients", "dst", "10.0.0.1 10.9.9.9 6 80 -", "NO"),
                        new Case("masked", "src", "10.7.0.77 10.9.9.9 6 80 -", "YES"),
                        new Case("masked", "src", "10.7.1.77 10.9.9.9 6 80 -", "NO"),
                        new Case("nets", "src", "10.2.0.1 10.9.9.9 6 80 -", "YES"),
                        new Case("nets", "src", "10.1.9.1 10.9.9.9 6 80 -", "NO"),
                        new Case("nets", "src", "10.1.2.3 10.9.9.9 6 80 -", "YES"),
                        new Case("nets", "src", "11.0.0.1 10.9.9.9 6 80 -", "NO"),
                        new Case("KUBE-CLUSTER-IP", "dst,dst", "10.0.0.1 10.96.0.10 17 53 -", "YES"),
                        new Case("KUBE-CLUSTER-IP", "dst,dst", "10.0.0.1 10.96.0.10 132 53 -", "NO"),
                        new Case("KUBE-CLUSTER-IP", "dst,src", "10.0.0.1 10.96.0.10 17 53 -", "NO"),
                        new Case("KUBE-LOOP-BACK", "dst,dst,src", "10.0.0.2 10.0.0.2 6 80 -", "YES"),
                        new Case("KUBE-LOOP-BACK", "dst,dst,src", "10.0.0.3 10.0.0.2 6 80 -", "NO"),
                        new Case("fw", "dst,dst,src", "203.0.113.2 1.2.3.4 6 80 -", "YES"),
                        new Case("fw", "dst,dst,src", "203.0.113.130 1.2.3.4 6 80 -", "NO"),
                        new Case("pairs", "src,dst", "10.0.0.9 10.9.0.9 6 80 -", "YES"),
                        new Case("pairs", "src,dst", "10.0.0.9 10.8.0.9 6 80 -", "NO"),
                        new Case("via", "src,src", "10.0.0.9 10.8.0.9 6 80 eth0", "YES"),
                        new Case("via", "src,src", "10.0.0.9 10.8.0.9 6 80 eth1", "NO"),
                        new Case("via", "src,src", "10.0.0.9 10.8.0.9 6 80 -", "UNKNOWN"),
                        new Case("via", "src,src", "11.0.0.9 10.8.0.9 6 80 -", "NO"),
                        new Case("netports", "dst,dst", "10.0.0.9 10.96.7.9 6 80 -", "YES"),
                        new Case("netports", "dst,dst", "10.0.0.9 10.96.7.9 17 80 -", "NO"),
                        new Case("block", "src", "192.168.0.5 10.8.0.9 6 80 -", "YES"),
                        new Case("block", "src", "192.168.0.7 10.8.0.9 6 80 -", "NO"),
                        new Case("KUBE-NODE-PORT-TCP", "dst", "192.168.0.7 10.8.0.9 6 30080 -", "YES"),
                        new Case("KUBE-NODE-PORT-TCP", "dst", "192.168.0.7 10.8.0.9 1 -1 -", "NO"),
                        new Case("six", "src", "fd00:10::9 fd00::1 6 80 -", "YES"),
                        new Case("six", "src", "fd00:11::9 fd00::1 6 80 -", "NO"),
                        new Case("six", "src", "10.0.0.1 10.0.0.2 6 80 -", "NO"),
                        new Case("both", "src", "fd00:10::9 fd00::1 6 80 -", "YES"),
                        new Case("both", "src", "10.0.0.1 10.0.0.2 6 80 -", "YES"),
                        new Case("both", "src", "10.0.0.2 10.0.0.2 6 80 -", "NO"))
                .map(one -> DynamicTest.dynamicTest(one.set + " " + one.sides + " " + one.packet, () -> {
                    String[] words = one.packet.split(" ");
                    PacketKey key = packet(
                            words[0],
                            words[1],
                            Integer.parseInt(words[2]),
                            Integer.parseInt(words[3]),
                            words[4].equals("-") ? null : words[4]);
                    List<Side> sides = Stream.of(one.sides.split(","))
                            .map(side -> side.equals("src") ? Side.SOURCE : Side.DESTINATION)
                            .toList();
                    assertThat(sets.get(one.set).contains(key, null, -1, sides)).hasToString(one.answer);
                }));
    }

    @Test
    void faults_are_told_with_their_place_and_the_rest_is_read() throws IOException {
        IpsetSaveReader reader = new IpsetSaveReader();
        reader.read(
                "sets.txt",
                new StringReader("create a hash:ip\nadd a 10.0.0.300\nadd b 10.0.0.1\nflush a\nadd a 10.0.0.1\n"));
        assertThat(reader.problems())
                .extracting(Problem::toString)
                .satisfiesExactly(
                        first -> assertThat(first).startsWith("sets.txt:2:7: 10.0.0.300 is no ip of a set"),
                        second -> assertThat(second).startsWith("sets.txt:3:5: no set b was created"),
                        third -> assertThat(third).startsWith("sets.txt:4:1: neither create nor add: flush"));
        assertThat(reader.sets()).containsOnlyKeys("a");
    }
}
