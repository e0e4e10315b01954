package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.live.FrameRing;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.InterfaceTable;
import io.vipline.dataplane.route.InterfaceTable.Interface;
import io.vipline.dataplane.route.InterfaceTable.InterfaceAddress;
import io.vipline.dataplane.route.LinkRouter;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.route.RouteTable;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The pipeline as a router without rules, between two links.
 *
 * <pre>
 *  10.0.1.5 (02:00:00:00:00:01) ── a: 10.0.1.1, fd00:1::1 (…:02) │ b: 10.0.2.1, fd00:2::1 (…:22) ── 10.0.2.9 (…:99)
 * </pre>
 */
class LinkRouterTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String A = "020000000002";
    private static final String B = "020000000022";
    private static final String CLIENT = "020000000001";
    private static final String SERVER = "020000000099";
    private static final String ALL = "ffffffffffff";

    private static final InterfaceTable INTERFACES = new InterfaceTable(List.of(
            new Interface("a", 0x02_00_00_00_00_02L, 1500, addresses("10.0.1.1/24", "fd00:1::1/64")),
            new Interface("b", 0x02_00_00_00_00_22L, 1500, addresses("10.0.2.1/24", "fd00:2::1/64"))));

    private static final List<LocalAddress> OWN = INTERFACES.all().stream()
            .flatMap(face -> face.addresses().stream()
                    .map(own -> new LocalAddress(face.name(), own.address(), own.prefixLength())))
            .toList();

    private final Table table = TableCompiler.compile(List.of(), NodeNetwork.of(OWN));
    private final Counters counters = new Counters(table);
    private final FrameRing ring = new FrameRing();
    private final LinkRouter router = new LinkRouter(INTERFACES, RouteTable.of(INTERFACES, List.of()), ring, counters);
    private final Pipeline pipeline = new Pipeline(
            new TableRef(table),
            PipelineConfig.of(CapturePoint.NODE, ChecksumMode.TRUST, Sysctls.KUBE_PROXY, NodeAddresses.NONE, 1),
            ring,
            counters,
            router);

    @AfterEach
    void everyFrameIsAccountedFor() {
        assertThat(counters.isConserved()).isTrue();
        pipeline.close();
    }

    private static List<InterfaceAddress> addresses(String... texts) {
        return List.of(texts).stream()
                .map(text -> text.split("/"))
                .map(parts -> new InterfaceAddress(IpAddress.of(parts[0]), Integer.parseInt(parts[1])))
                .toList();
    }

    private static byte[] linked(String to, String from, String text) {
        byte[] frame = FrameText.frame(text);
        System.arraycopy(HexFormat.of().parseHex(to + from), 0, frame, 0, 12);
        return frame;
    }

    private static byte[] arp(String to, String from, String operation, String... fields) {
        return HexFormat.of().parseHex(to + from + "0806" + "000108000604" + operation + String.join("", fields));
    }

    private static String ip(int... bytes) {
        StringBuilder hex = new StringBuilder();
        for (int value : bytes) {
            hex.append("%02x".formatted(value));
        }
        return hex.toString();
    }

    private List<String> send(int link, byte[] frame, long seconds) {
        FrameBatch batch = new FrameBatch();
        batch.memory.wrap(NativeMemory.copyOf(frame));
        batch.add(0, frame.length, frame.length, seconds * SECOND, link, LinkType.ETHERNET);
        pipeline.process(batch);
        return poll(seconds);
    }

    /** What leaves: the interface, then the frame in hexadecimal. */
    private List<String> poll(long seconds) {
        router.poll(seconds * SECOND);
        int[] records = new int[64];
        int count = ring.peek(records, 64);
        List<String> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] frame = new byte[FinishedFrame.length(ring.memory(), records[i])];
            ring.memory().getBytes(records[i] + FinishedFrame.HEADER_BYTES, frame);
            int link = ring.memory().getInt(records[i] + FinishedFrame.INTERFACE);
            frames.add(on(link, frame));
        }
        ring.release(count);
        return frames;
    }

    private static String on(int link, byte[] frame) {
        return INTERFACES.get(link).name() + " " + HexFormat.of().formatHex(frame);
    }

    private static byte[] requestFor9() {
        return arp(ALL, B, "0001", B, ip(10, 0, 2, 1), "000000000000", ip(10, 0, 2, 9));
    }

    @Test
    void theFirstFrameWaitsForTheNextHopToAnswerAndTheSecondDoesNot() {
        byte[] first = linked(A, CLIENT, "udp 10.0.1.5:1000 > 10.0.2.9:53 \"one\"");
        assertThat(send(0, first, 0)).containsExactly(on(1, requestFor9()));
        byte[] reply = arp(B, SERVER, "0002", SERVER, ip(10, 0, 2, 9), B, ip(10, 0, 2, 1));
        assertThat(send(1, reply, 0))
                .containsExactly(on(1, linked(SERVER, B, "udp 10.0.1.5:1000 > 10.0.2.9:53 ttl 63 \"one\"")));
        assertThat(send(0, linked(A, CLIENT, "udp 10.0.1.5:1000 > 10.0.2.9:53 \"two\""), 1))
                .containsExactly(on(1, linked(SERVER, B, "udp 10.0.1.5:1000 > 10.0.2.9:53 ttl 63 \"two\"")));
        assertThat(counters.forwarded).isEqualTo(2);
        assertThat(counters.consumed[Counters.ConsumedReason.ARP.ordinal()]).isEqualTo(1);
    }

    @Test
    void aFrameThatWaitsInVainIsDroppedAfterThreeQuestions() {
        byte[] frame = linked(A, CLIENT, "udp 10.0.1.5:1000 > 10.0.2.9:53 \"one\"");
        assertThat(send(0, frame, 0)).hasSize(1);
        assertThat(counters.forwarded).isEqualTo(1);
        assertThat(poll(1)).containsExactly(on(1, requestFor9()));
        assertThat(poll(2)).containsExactly(on(1, requestFor9()));
        assertThat(poll(3)).isEmpty();
        assertThat(counters.forwarded).isZero();
        assertThat(counters.dropped[DropReason.NEIGHBOUR_UNRESOLVED.ordinal()]).isEqualTo(1);
    }

    @Test
    void whatStillWaitsAtTheEndIsDropped() {
        send(0, linked(A, CLIENT, "udp 10.0.1.5:1000 > 10.0.2.9:53"), 0);
        router.close();
        assertThat(counters.dropped[DropReason.NEIGHBOUR_UNRESOLVED.ordinal()]).isEqualTo(1);
    }

    @Test
    void questionsForOurAddressesAreAnsweredOnTheirLinkAndNoOthers() {
        byte[] forUs = arp(ALL, CLIENT, "0001", CLIENT, ip(10, 0, 1, 5), "000000000000", ip(10, 0, 1, 1));
        byte[] answer = arp(CLIENT, A, "0002", A, ip(10, 0, 1, 1), CLIENT, ip(10, 0, 1, 5));
        assertThat(send(0, forUs, 0)).containsExactly(on(0, answer));
        byte[] forB = arp(ALL, CLIENT, "0001", CLIENT, ip(10, 0, 1, 5), "000000000000", ip(10, 0, 2, 1));
        assertThat(send(0, forB, 0)).isEmpty();
        byte[] virtual = arp(ALL, CLIENT, "0001", CLIENT, ip(10, 0, 1, 5), "000000000000", ip(10, 96, 0, 10));
        assertThat(send(0, virtual, 0)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "icmp 10.0.1.5:7 > 10.0.1.1:7 \"ping\",           icmp 10.0.1.1:7 > 10.0.1.5:7 reply \"ping\"",
        "icmp 10.0.1.5:7 > 10.0.2.1:7 ttl 9 \"ping\",     icmp 10.0.2.1:7 > 10.0.1.5:7 reply \"ping\""
    })
    void thePingOfAnyOfOurAddressesIsAnswered(String request, String reply) {
        send(0, arp(ALL, CLIENT, "0001", CLIENT, ip(10, 0, 1, 5), "000000000000", ip(10, 0, 1, 1)), 0);
        assertThat(send(0, linked(A, CLIENT, request), 0)).containsExactly(on(0, linked(CLIENT, A, reply)));
        assertThat(counters.consumed[Counters.ConsumedReason.LOCAL.ordinal()]).isEqualTo(1);
        assertThat(counters.forwarded).isZero();
    }

    @ParameterizedTest(name = "{0} to {1}: {2}")
    @CsvSource({
        "udp 10.0.1.5:1 > 10.0.2.9:2,          0200000000aa, FOREIGN_LINK_ADDRESS",
        "udp 10.0.1.5:1 > 10.0.2.9:2,          ffffffffffff, MULTICAST",
        "udp 10.0.1.5:1 > 224.0.0.251:2,       01005e0000fb, MULTICAST",
        "udp 10.0.1.5:1 > 255.255.255.255:2,   020000000002, MULTICAST",
        "udp [fd00:1::5]:1 > [ff02::1]:2,      333300000001, MULTICAST",
        "vlan 7 udp 10.0.1.5:1 > 10.0.2.9:2,   020000000002, VLAN_TAGGED",
        "udp 10.0.1.1:1 > 10.0.2.9:2,          020000000002, MARTIAN_SOURCE",
        "udp 127.0.0.1:1 > 10.0.2.9:2,         020000000002, MARTIAN_SOURCE",
        "udp 224.0.0.1:1 > 10.0.2.9:2,         020000000002, MARTIAN_SOURCE",
        "udp [::1]:1 > [fd00:2::9]:2,          020000000002, MARTIAN_SOURCE",
        "udp [::]:1 > [fd00:2::9]:2,           020000000002, MARTIAN_SOURCE",
        "udp [fe80::5]:1 > [fd00:2::9]:2,      020000000002, LINK_LOCAL_SOURCE",
        "udp 10.0.1.5:1 > 0.0.0.0:2,           020000000002, MARTIAN_DESTINATION",
        "udp 10.0.1.5:1 > 192.0.2.1:2,         020000000002, NO_ROUTE",
        "udp 10.0.1.5:1 > 10.0.2.9:2 ttl 1,    020000000002, TTL_EXPIRED"
    })
    void whatIsNotToBeRoutedIsDroppedWithAReason(String text, String to, DropReason reason) {
        send(0, linked(to, CLIENT, text), 0);
        assertThat(counters.dropped[reason.ordinal()]).isEqualTo(1);
        assertThat(counters.forwarded).isZero();
    }

    @Test
    void aFrameOfAnotherProtocolIsDropped() {
        byte[] lldp = HexFormat.of().parseHex("0180c200000e" + CLIENT + "88cc" + "00".repeat(46));
        assertThat(send(0, lldp, 0)).isEmpty();
        assertThat(counters.dropped[DropReason.LINK_PROTOCOL.ordinal()]).isEqualTo(1);
    }
}
