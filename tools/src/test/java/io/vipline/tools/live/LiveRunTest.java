package io.vipline.tools.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.frame.live.NetworkNamespaces.Outcome;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code vipline run} as a process of its own, with real kernels around it: curl in the client's namespace, HTTP and UDP
 * servers in the pods', tcpdump beside them. The client's kernel leaves checksums unfinished on its TAP, the pods' on
 * their veths.
 *
 * <pre>
 *  client: vl0 192.168.77.2 ── tap:vl0@client ┐      ┌ packet:n1 ── e0 10.244.1.2 :pod1
 *                                   MTU 1500  vipline                MTU 1400
 *                                   (in node) ┘      └ packet:n2 ── e0 10.244.2.2 :pod2
 * </pre>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LiveRunTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    /** Longer than a super-frame, so that both ways have some. */
    private static final int DOCUMENT_BYTES = 400_000;

    /** Less than the client's, as in an overlay network. */
    private static final int POD_MTU_BYTES = 1400;

    private NetworkNamespaces bed;
    private final PodServers servers = new PodServers(DOCUMENT_BYTES);
    private Process vipline;
    private Path out;
    private Path err;
    private Path manifest;
    private Path captured;
    private Process tcpdump;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the ip command");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "needs curl");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tcpdump")), "needs tcpdump");
        bed = new NetworkNamespaces();
        bed.add("client").add("node").add("pod1").add("pod2");
        bed.sysctl("node", "net/ipv6/conf/default/disable_ipv6", "1");
        bed.ip(
                "client",
                "tuntap add dev vl0 mode tap",
                "link set vl0 up",
                "addr add 192.168.77.2/24 dev vl0",
                "addr add fd77::2/64 dev vl0 nodad",
                "route add default via 192.168.77.1",
                "route add default via fd77::1");
        addPod(1);
        addPod(2);
        startVipline();
        captured = bed.scratchFile(".tcpdump");
        tcpdump = bed.start(
                "pod1",
                captured,
                "tcpdump",
                "--immediate-mode",
                "-l",
                "-i",
                "e0",
                "-Q",
                "in",
                "-n",
                "-vv",
                "udp or tcp");
        await(captured, "listening on");
    }

    /** More flags of the run. */
    String flags() {
        return "--threading dedicated";
    }

    private void addPod(int number) throws Exception {
        String pod = "pod" + number;
        String v4 = "10.244." + number + ".";
        String v6 = "fd00:244:" + number + "::";
        String mtu = " mtu " + POD_MTU_BYTES;
        bed.ip(
                "node",
                "link add n" + number + mtu + " type veth peer name e0" + mtu + " netns @" + pod,
                "link set n" + number + " up");
        bed.ip(
                pod,
                "link set e0 up",
                "addr add " + v4 + "2/24 dev e0",
                "addr add " + v6 + "2/64 dev e0 nodad",
                "route add default via " + v4 + "1",
                "route add default via " + v6 + "1");
        servers.start(bed.name(pod), pod);
    }

    private void startVipline() throws Exception {
        out = bed.scratchFile(".json");
        err = bed.scratchFile(".log");
        manifest = bed.scratchFile(".yaml");
        try (var yaml = LiveRunTest.class.getResourceAsStream("cluster.yaml")) {
            Files.write(manifest, yaml.readAllBytes());
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String run = String.join(
                " ",
                "exec",
                java,
                "--add-exports java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmx512m io.vipline.tools.Vipline run",
                "-f " + manifest,
                "--interface tap:vl0@" + bed.name("client") + " --interface packet:n1 --interface packet:n2",
                "--address vl0=192.168.77.1/24 --address vl0=fd77::1/64",
                "--address n1=10.244.1.1/24 --address n1=fd00:244:1::1/64",
                "--address n2=10.244.2.1/24 --address n2=fd00:244:2::1/64",
                flags() + " -o json >" + out,
                "2>" + err);
        vipline = bed.start("node", bed.scratchFile(".none"), "env", "CLASSPATH=" + classPath, "sh", "-c", run);
        await(err, "forwarding between");
    }

    private static void await(Path file, String text) throws Exception {
        for (int tries = 0; tries < 1500; tries++) {
            if (Files.exists(file) && Files.readString(file).contains(text)) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("'" + text + "' not in: " + Files.readString(file));
    }

    @AfterAll
    void stop() {
        servers.close();
        if (bed != null) {
            bed.close();
        }
    }

    private Outcome curl(String role, String host) {
        return bed.run(role, LIMIT, "curl", "-sS", "--max-time", "15", "http://" + host + "/");
    }

    @Order(1)
    @ParameterizedTest(name = "curl to {0} ({1})")
    @CsvSource({
        "10.96.0.10,            cluster IP",
        "'[fd00:10:96::10]',    cluster IP",
        "192.168.77.1:30080,    node port",
        "'[fd77::1]:30080',     node port",
        "10.244.2.2:8080,       a pod's own address",
        "'[fd00:244:2::2]:8080',a pod's own address"
    })
    void curlGetsTheWholeDocumentThrough(String host, String kind) {
        Outcome outcome = curl("client", host);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).startsWith("pod").hasSize(DOCUMENT_BYTES);
    }

    @Order(2)
    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.10", "[fd00:10:96::10]", "192.168.77.1:30080", "[fd77::1]:30080"})
    void connectionsAreSpreadOverBothPods(String host) {
        Set<String> pods = new HashSet<>();
        for (int i = 0; i < 40 && pods.size() < 2; i++) {
            pods.add(curl("client", host).out().substring(0, 4));
        }
        assertThat(pods).containsExactlyInAnyOrder("pod1", "pod2");
    }

    @Order(3)
    @ParameterizedTest(name = "the pod sees a caller of {0} as {1}")
    @CsvSource({
        "10.96.0.11,         192.168.77.2",
        "'[fd00:10:96::11]', fd77:0:0:0:0:0:0:2",
        "192.168.77.1:30080, 192.168.77.1",
        "'[fd77::1]:30080',  fd77:0:0:0:0:0:0:1"
    })
    void callersAreMasqueradedAtNodePortsOnly(String host, String seenAs) {
        assertThat(curl("client", host).out().split(" ", 3)[1]).isEqualTo(seenAs);
    }

    @Order(4)
    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.11", "[fd00:10:96::11]"})
    void aPodReachesItselfThroughItsOwnService(String host) {
        Outcome outcome = curl("pod1", host);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).startsWith("pod1").hasSize(DOCUMENT_BYTES);
    }

    @Order(5)
    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.12", "[fd00:10:96::12]"})
    void aServiceWithoutEndpointsRefusesAtOnce(String host) {
        Outcome outcome = curl("client", host);
        assertThat(outcome.exit()).isEqualTo(7);
        assertThat(outcome.err()).contains("Failed to connect").doesNotContain("timed out");
    }

    @Order(6)
    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.10", "fd00:10:96::10"})
    void udpExchangesAreAnsweredFromTheVirtualAddressByBothPods(String host) throws Exception {
        Set<String> pods = new HashSet<>();
        for (int i = 0; i < 40 && pods.size() < 2; i++) {
            String answer = exchange(new InetSocketAddress(host, 7));
            assertThat(answer).startsWith("pod").endsWith(": what is your name");
            pods.add(answer.substring(0, 4));
        }
        assertThat(pods).containsExactlyInAnyOrder("pod1", "pod2");
    }

    private String exchange(InetSocketAddress service) throws Exception {
        try (DatagramSocket socket = servers.clientSocket(bed.name("client"))) {
            byte[] question = "what is your name".getBytes(StandardCharsets.UTF_8);
            socket.send(new DatagramPacket(question, question.length, service));
            DatagramPacket answer = new DatagramPacket(new byte[512], 512);
            socket.receive(answer);
            assertThat(answer.getSocketAddress()).isEqualTo(service);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
        }
    }

    @Order(7)
    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.10", "fd00:10:96::10"})
    void aDatagramThatIsTooLongForThePodsLinkArrivesOnceItsSenderWasTold(String host) throws Exception {
        InetSocketAddress service = new InetSocketAddress(host, 7);
        byte[] question = new byte[POD_MTU_BYTES];
        try (DatagramSocket socket = servers.clientSocket(bed.name("client"))) {
            socket.setSoTimeout(500);
            DatagramPacket answer = new DatagramPacket(new byte[2 * POD_MTU_BYTES], 2 * POD_MTU_BYTES);
            for (int tries = 0; tries < 10 && answer.getAddress() == null; tries++) {
                socket.send(new DatagramPacket(question, question.length, service));
                try {
                    socket.receive(answer);
                } catch (SocketTimeoutException untold) {
                    continue;
                }
            }
            assertThat(answer.getSocketAddress()).isEqualTo(service);
            assertThat(answer.getLength()).isEqualTo("podN: ".length() + question.length);
        }
    }

    @Order(8)
    @Test
    void changedManifestsAreFollowedAndBrokenOnesAreNot() throws Exception {
        String before = Files.readString(manifest);
        Files.writeString(manifest, before.replace("service-name: one}", "service-name: empty}"));
        await(err, "2 Services and EndpointSlices differ");
        assertThat(curl("client", "10.96.0.12").out()).startsWith("pod1");
        assertThat(curl("client", "[fd00:10:96::12]").out()).startsWith("pod1");
        assertThat(curl("client", "10.96.0.11").exit()).isEqualTo(7);
        Files.writeString(manifest, before.replace("clusterIP: 10.96.0.12", "clusterIP: 10.96.0.1200"));
        await(err, "do not load");
        assertThat(Files.readString(err)).contains(".yaml:38:14: \"10.96.0.1200\" is no IP address");
        assertThat(curl("client", "10.96.0.12").out()).startsWith("pod1");
        Files.delete(manifest);
        await(err, "no such file: the rules stay as they are");
        Files.writeString(manifest, before);
        for (int tries = 0; tries < 100 && curl("client", "10.96.0.11").exit() != 0; tries++) {
            Thread.sleep(100);
        }
        assertThat(curl("client", "10.96.0.11").out()).startsWith("pod1");
    }

    @Order(9)
    @Test
    void everyChecksumThatThePodReceivedIsRight() throws Exception {
        await(captured, "[udp sum ok]");
        tcpdump.destroy();
        tcpdump.waitFor();
        List<String> lines = Files.readAllLines(captured);
        assertThat(lines).noneMatch(line -> line.contains("(incorrect") || line.contains("bad cksum"));
        assertThat(lines).noneMatch(line -> line.contains("bad udp cksum"));
        assertThat(lines).anyMatch(line -> line.contains("(correct)"));
    }

    @Order(10)
    @Test
    void interruptedItEndsInOrderAndEveryFrameIsAccountedFor() throws Exception {
        vipline.destroy();
        assertThat(vipline.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        JsonNode summary = new ObjectMapper().readTree(Files.readString(out));
        long accounted =
                summary.get("forwarded").asLong() + summary.get("rejected").asLong();
        for (String group : List.of("dropped", "consumed")) {
            for (JsonNode count : summary.get(group)) {
                accounted += count.asLong();
            }
        }
        assertThat(summary.get("frames").asLong()).isEqualTo(accounted).isPositive();
        assertThat(summary.get("translated").asLong()).isPositive();
        assertThat(summary.get("lost").asLong()).isZero();
        assertThat(summary.get("consumed").get("ARP").asLong()).isPositive();
        assertThat(summary.get("consumed").get("NEIGHBOUR_DISCOVERY").asLong()).isPositive();
        assertThat(summary.at("/generated/ICMP_FRAGMENTATION_NEEDED").asLong()).isPositive();
        assertThat(summary.get("interfaces").get("vl0").get("SENT").asLong()).isPositive();
    }

    @Order(11)
    @Test
    void itEndsWithAWordWhenTheLastInterfaceIsGone() throws Exception {
        startVipline();
        bed.ip("node", "link del n1", "link del n2");
        bed.ip("client", "link del vl0");
        assertThat(vipline.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(vipline.exitValue()).isEqualTo(1);
        assertThat(Files.readString(err)).contains("lost n1: ", "lost n2: ", "lost vl0: ", "vipline: stopped: ");
    }
}
