package io.vipline.tools.live;

import com.sun.net.httpserver.HttpServer;
import io.vipline.dataplane.frame.live.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An HTTP server on port 8080 and a UDP one on 7007 in each pod's namespace. Both say who they are, and to whom. */
final class PodServers implements AutoCloseable {
    private static final int TIMEOUT_MS = 10_000;

    private final int documentBytes;
    private final List<HttpServer> http = new ArrayList<>();
    private final List<DatagramSocket> udp = new ArrayList<>();

    PodServers(int documentBytes) {
        this.documentBytes = documentBytes;
    }

    void start(String namespace, String pod) {
        http.add(NetworkNamespace.call(namespace, () -> listen(pod)));
        DatagramSocket socket = NetworkNamespace.call(namespace, () -> datagramSocket(7007));
        udp.add(socket);
        Thread.ofPlatform().daemon().name(pod + "-udp").start(() -> echo(socket, pod));
    }

    private HttpServer listen(String pod) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress("::", 8080), 16);
            server.createContext("/", exchange -> {
                byte[] document = new byte[documentBytes];
                Arrays.fill(document, (byte) '.');
                String caller = exchange.getRemoteAddress().getAddress().getHostAddress();
                byte[] head = (pod + " " + caller.replaceAll("%.*", "") + " ").getBytes(StandardCharsets.UTF_8);
                System.arraycopy(head, 0, document, 0, head.length);
                exchange.sendResponseHeaders(200, document.length);
                exchange.getResponseBody().write(document);
                exchange.close();
            });
            server.start();
            return server;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static DatagramSocket datagramSocket(int port) {
        try {
            return new DatagramSocket(port);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void echo(DatagramSocket socket, String pod) {
        byte[] name = (pod + ": ").getBytes(StandardCharsets.UTF_8);
        byte[] buffer = new byte[4096];
        System.arraycopy(name, 0, buffer, 0, name.length);
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, name.length, buffer.length - name.length);
                socket.receive(packet);
                packet.setData(buffer, 0, name.length + packet.getLength());
                socket.send(packet);
            } catch (IOException closed) {
                return;
            }
        }
    }

    /** An unconnected socket in a namespace, which waits ten seconds for an answer. */
    DatagramSocket clientSocket(String namespace) throws IOException {
        DatagramSocket socket = NetworkNamespace.call(namespace, () -> datagramSocket(0));
        socket.setSoTimeout(TIMEOUT_MS);
        return socket;
    }

    @Override
    public void close() {
        http.forEach(server -> server.stop(0));
        udp.forEach(DatagramSocket::close);
    }
}
