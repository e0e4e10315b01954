package io.vipline.dataplane.frame.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.live.SinkAgent.Offload;
import io.vipline.dataplane.memory.NativeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A client behind a TAP and a server behind a veth pair, Vipline's devices joined like a patch cable between them.
 *
 * <pre>
 *  client: tap0 10.9.0.1, fd09::1 ── TapDevice ⇄ PacketSocket ── node: v0 ── v1 10.9.0.2, fd09::2 :server
 * </pre>
 */
class LiveDevicesTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final byte[] DOCUMENT = new byte[3_000_000];

    static {
        new Random(7).nextBytes(DOCUMENT);
    }

    private NetworkNamespaces bed;

    @BeforeEach
    void makeBed() {
        assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the ip command");
        bed = new NetworkNamespaces();
        bed.add("client").add("node").add("server");
        bed.sysctl("node", "net/ipv6/conf/default/disable_ipv6", "1");
        bed.ip("node", "link add v0 type veth peer name v1 netns @server", "link set v0 up");
        bed.ip("server", "link set v1 up", "addr add 10.9.0.2/24 dev v1", "addr add fd09::2/64 dev v1 nodad");
    }

    @AfterEach
    void removeBed() {
        if (bed != null) {
            bed.close();
        }
    }

    private TapDevice openTap() {
        TapDevice tap = NetworkNamespace.call(bed.name("client"), () -> TapDevice.open("tap0"));
        bed.ip("client", "addr add 10.9.0.1/24 dev tap0", "addr add fd09::1/64 dev tap0 nodad");
        return tap;
    }

    private PacketSocket openPacketSocket(String role, String name) {
        return NetworkNamespace.call(bed.name(role), () -> PacketSocket.open(name, true));
    }

    /** Copies every frame to the other device. */
    private static final class PatchCable implements Agent {
        private final DeviceSource source;
        private final FrameRing ring = new FrameRing();
        private final SinkAgent sink;
        private final FrameBatch batch = new FrameBatch();
        private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
        private int partial;
        private int superFrames;

        PatchCable(LiveDevice one, LiveDevice other, Offload offload) {
            DeviceListener listener = (device, cause) -> lost.add(device.name() + ": " + cause.getMessage());
            source = new DeviceSource(List.of(one, other), new SystemEpochNanoClock(), listener);
            sink = new SinkAgent(ring, List.of(one, other), offload, listener);
        }

        @Override
        public int doWork() {
            int frames = source.poll(batch, FrameBatch.CAPACITY);
            for (int i = 0; i < frames; i++) {
                partial += batch.checksumStart(i) >= 0 ? 1 : 0;
                superFrames += batch.gsoType(i) != 0 ? 1 : 0;
                SourceAgent.copy(batch, i, 1 - batch.interfaceIndex(i), ring);
            }
            return frames + sink.doWork();
        }

        @Override
        public String roleName() {
            return "patch-cable";
        }
    }

    private static AgentRunner start(PatchCable cable) {
        AgentRunner runner =
                new AgentRunner(new BackoffIdleStrategy(), cause -> cable.lost.add(cause.toString()), null, cable);
        AgentRunner.startOnThread(runner);
        return runner;
    }

    private HttpServer serve() {
        return NetworkNamespace.call(bed.name("server"), () -> {
            try {
                HttpServer server = HttpServer.create(new InetSocketAddress("::", 8080), 8);
                server.createContext("/", exchange -> {
                    exchange.sendResponseHeaders(200, DOCUMENT.length);
                    exchange.getResponseBody().write(DOCUMENT);
                    exchange.close();
                });
                server.start();
                return server;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
    }

    private byte[] fetch(String uri) {
        return NetworkNamespace.call(bed.name("client"), () -> {
            try {
                HttpURLConnection connection =
                        (HttpURLConnection) URI.create(uri).toURL().openConnection();
                // a kept connection would lead into the namespaces of the test before
                connection.setRequestProperty("Connection", "close");
                connection.setConnectTimeout((int) LIMIT.toMillis());
                connection.setReadTimeout((int) LIMIT.toMillis());
                return connection.getInputStream().readAllBytes();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
    }

    @Test
    void aDocumentComesThroughWithUnfinishedChecksumsAndSuperFrames() {
        try (TapDevice tap = openTap();
                PacketSocket socket = openPacketSocket("node", "v0")) {
            PatchCable cable = new PatchCable(tap, socket, Offload.KEEP);
            HttpServer server = serve();
            try (AgentRunner runner = start(cable)) {
                assertThat(runner.isClosed()).isFalse();
                for (String host : List.of("10.9.0.2", "[fd09::2]")) {
                    assertThat(Arrays.equals(fetch("http://" + host + ":8080/"), DOCUMENT))
                            .isTrue();
                }
            } finally {
                server.stop(0);
            }
            assertThat(cable.lost).isEmpty();
            assertThat(cable.partial).isPositive();
            assertThat(cable.superFrames).isPositive();
            assertThat(socket.counters().get(DeviceCounter.RECEIVED_BYTES)).isGreaterThan(2L * DOCUMENT.length);
            assertThat(tap.counters().get(DeviceCounter.SENT_BYTES)).isGreaterThan(2L * DOCUMENT.length);
            assertThat(socket.counters().get(DeviceCounter.RECEIVE_OVERFLOW)).isZero();
        }
    }

    @Test
    void withOffloadFinishedEveryFrameOnTheWireIsShortAndHasRightChecksums() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tcpdump")), "needs tcpdump");
        try (TapDevice tap = openTap();
                PacketSocket socket = openPacketSocket("node", "v0")) {
            PatchCable cable = new PatchCable(tap, socket, Offload.FINISH);
            HttpServer server = serve();
            Path text = bed.scratchFile(".tcpdump");
            Process tcpdump = bed.start(
                    "client",
                    text,
                    "tcpdump",
                    "--immediate-mode",
                    "-i",
                    "tap0",
                    "-Q",
                    "in",
                    "-B",
                    "65536",
                    "-n",
                    "-vv",
                    "tcp");
            awaitText(text, "listening on");
            try (AgentRunner runner = start(cable)) {
                assertThat(runner.isClosed()).isFalse();
                for (String host : List.of("10.9.0.2", "[fd09::2]")) {
                    assertThat(Arrays.equals(fetch("http://" + host + ":8080/"), DOCUMENT))
                            .isTrue();
                }
            } finally {
                server.stop(0);
            }
            assertThat(cable.superFrames).isPositive();
            awaitText(text, "fd09::2.8080 > fd09::1");
            tcpdump.destroy();
            tcpdump.waitFor();
            List<String> lines = Files.readAllLines(text);
            assertThat(lines).noneMatch(line -> line.contains("incorrect") || line.contains("bad cksum"));
            assertThat(lines.stream().filter(line -> line.contains("(correct)")).count())
                    .isGreaterThan(2000);
            assertThat(tap.counters().get(DeviceCounter.SENT)).isGreaterThan(2L * DOCUMENT.length / 1500);
            assertThat(cable.lost).isEmpty();
        }
    }

    private static void awaitText(Path file, String text) throws Exception {
        for (int tries = 0; tries < 500; tries++) {
            if (Files.exists(file) && Files.readString(file).contains(text)) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("'" + text + "' not in " + Files.readString(file));
    }

    @Test
    void aVlanTagThatTheKernelTookOutIsPutBackAndComesThroughAtTheOtherEnd() throws Exception {
        try (PacketSocket node = openPacketSocket("node", "v0");
                PacketSocket server = openPacketSocket("server", "v1")) {
            // ARP request "who has 10.9.0.9 tell 10.9.0.7" in VLAN 42, priority 3
            byte[] frame = HexFormat.of()
                    .parseHex("ffffffffffff020000000007" + "8100602a" + "0806" + "0001080006040001"
                            + "0200000000070a090007" + "0000000000000a090009");
            FrameBatch batch = new FrameBatch();
            batch.memory.wrap(NativeMemory.copyOf(frame));
            batch.add(0, frame.length, frame.length, 0, 0, LinkType.ETHERNET);
            FrameRing ring = new FrameRing();
            SourceAgent.copy(batch, 0, 0, ring);
            new SinkAgent(ring, List.of(node), Offload.KEEP, (device, cause) -> {
                        throw cause;
                    })
                    .doWork();

            byte[] arrived = receive(server, 0x0806);

            assertThat(arrived).isEqualTo(frame);
        }
    }

    /** The first frame to arrive that has the EtherType behind its VLAN tag. */
    private static byte[] receive(LiveDevice device, int etherType) throws InterruptedException {
        FrameBatch batch = new FrameBatch();
        for (int tries = 0; tries < 200; tries++) {
            device.receive(batch, FrameBatch.CAPACITY, 0, 0);
            for (int i = 0; i < batch.count; i++) {
                byte[] frame = new byte[batch.captured(i)];
                batch.memory.getBytes(batch.offset(i), frame);
                if (frame.length > 18 && ((frame[16] & 0xff) << 8 | frame[17] & 0xff) == etherType) {
                    return frame;
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no such frame arrived");
    }

    @Test
    void aRemovedInterfaceIsReportedAndTheOtherGoesOn() throws Exception {
        try (TapDevice tap = openTap();
                PacketSocket socket = openPacketSocket("node", "v0")) {
            PatchCable cable = new PatchCable(tap, socket, Offload.KEEP);
            try (AgentRunner runner = start(cable)) {
                assertThat(runner.isClosed()).isFalse();
                bed.ip("node", "link del v0");
                for (int tries = 0; tries < 200 && cable.lost.isEmpty(); tries++) {
                    Thread.sleep(10);
                }
                assertThat(cable.lost)
                        .isNotEmpty()
                        .allSatisfy(line -> assertThat(line).contains("v0", "No such device", "ip link"));
                long before = tap.counters().get(DeviceCounter.RECEIVED);
                bed.ip("client", "neigh flush dev tap0");
                bed.run("client", LIMIT, "bash", "-c", "echo hello > /dev/udp/10.9.0.2/9");
                for (int tries = 0; tries < 200 && tap.counters().get(DeviceCounter.RECEIVED) == before; tries++) {
                    Thread.sleep(10);
                }
                assertThat(tap.counters().get(DeviceCounter.RECEIVED)).isGreaterThan(before);
            }
        }
    }

    @Test
    void anInterfaceThatWasDownForAWhileGoesOn() throws Exception {
        FrameBatch batch = new FrameBatch();
        try (PacketSocket socket = openPacketSocket("node", "v0")) {
            bed.ip("node", "link set v0 down");
            // What the kernels said of themselves (neighbour discovery, MLD) before the link went down still waits.
            for (int i = 0; i < 10; i++) {
                socket.receive(batch, FrameBatch.CAPACITY, 0, 0);
            }
            assertThat(socket.counters().get(DeviceCounter.RECEIVE_INTERFACE_DOWN))
                    .isEqualTo(1);
            bed.ip("node", "link set v0 up");
            bed.ip("server", "neigh flush dev v1");
            bed.run("server", LIMIT, "bash", "-c", "echo hello > /dev/udp/10.9.0.1/9");
            int frames = 0;
            for (int tries = 0; tries < 200 && frames == 0; tries++) {
                frames = socket.receive(batch, FrameBatch.CAPACITY, 0, 0);
                Thread.sleep(10);
            }
            assertThat(frames).isPositive();
        }
    }

    @Test
    void aRemovedInterfaceIsNoticedByTheReceiverAloneToo() throws Exception {
        assertThatItsRemovalIsNoticed(socket -> {});
    }

    /** The kernel says once that the interface went down, before it hands out what came until then. */
    @Test
    void aRemovedInterfaceIsNoticedBehindFramesThatStillWaited() throws Exception {
        assertThatItsRemovalIsNoticed(
                socket -> bed.run("server", LIMIT, "bash", "-c", "echo hello > /dev/udp/10.9.0.1/9"));
    }

    private void assertThatItsRemovalIsNoticed(Consumer<PacketSocket> before) {
        FrameBatch batch = new FrameBatch();
        try (PacketSocket socket = openPacketSocket("node", "v0")) {
            before.accept(socket);
            bed.ip("node", "link set v0 down");
            socket.receive(batch, FrameBatch.CAPACITY, 0, 0);
            bed.ip("node", "link del v0");
            assertThatThrownBy(() -> {
                        for (int tries = 0; tries < 200; tries++) {
                            socket.receive(batch, FrameBatch.CAPACITY, 0, 0);
                            Thread.sleep(10);
                        }
                    })
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("recvmmsg v0");
        }
    }

    @Test
    void aTapThatWasMadeGoesWithItsDeviceAndOneThatWasThereStays() throws Exception {
        bed.ip("client", "tuntap add dev keep mode tap");
        try (TapDevice made = openTap();
                TapDevice kept = NetworkNamespace.call(bed.name("client"), () -> TapDevice.open("keep"))) {
            assertThat(made.isCreated()).isTrue();
            assertThat(kept.isCreated()).isFalse();
        }
        Path links = bed.scratchFile(".links");
        Files.writeString(links, bed.run("client", LIMIT, "ip", "-o", "link").out());
        assertThat(links).content().contains("keep").doesNotContain("tap0");
    }

    @Test
    void whatAKilledProcessLeftBehindGoesWithTheNextBed() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        String left = "vl-" + ended.pid() + "-0-left";
        String ours = bed.name("client");
        new ProcessBuilder("ip", "netns", "add", left).start().waitFor();
        assertThat(Files.exists(Path.of("/run/netns", left))).isTrue();
        NetworkNamespaces.removeLeftovers();
        assertThat(Files.exists(Path.of("/run/netns", left))).isFalse();
        assertThat(Files.exists(Path.of("/run/netns", ours))).isTrue();
    }

    @Test
    void refusalsSayWhichCallAndHowToMendIt() {
        assertThatThrownBy(() -> openPacketSocket("node", "nosuch"))
                .isInstanceOf(SystemCallException.class)
                .hasMessageContainingAll("nosuch", "ENODEV", "No such device", "ip link");
        try (TapDevice tap = openTap()) {
            assertThatThrownBy(() -> NetworkNamespace.call(bed.name("client"), () -> TapDevice.open(tap.name())))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContainingAll("TUNSETIFF tap0", "EBUSY", "another process");
        }
        assertThatThrownBy(() -> NetworkNamespace.call("vl-none", () -> TapDevice.open("tap0")))
                .isInstanceOf(SystemCallException.class)
                .hasMessageContaining("/run/netns/vl-none");
        assertThatThrownBy(() -> TapDevice.open("a-name-far-too-long"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 to 15 bytes");
    }
}
