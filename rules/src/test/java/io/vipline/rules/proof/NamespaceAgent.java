package io.vipline.rules.proof;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Sends and receives in the network namespace that its process was started in, and tells what came. Lines in: {@code
 * listen PROTOCOL ADDRESS PORT}, {@code send ID PROTOCOL SOURCE PORT DESTINATION PORT}, {@code sync} (answered {@code
 * synced}), {@code reset}. Lines out: {@code got ID ADDRESS PORT SOURCE} where it came to, {@code refused ID}, {@code
 * denied ID} where the kernel would not send, {@code failed WHAT WHY}.
 */
final class NamespaceAgent {
    private final Selector selector;
    private final PrintStream out;
    private final Queue<String> commands = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(64);
    private volatile boolean ended;

    private NamespaceAgent(PrintStream out) throws IOException {
        this.selector = Selector.open();
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        NamespaceAgent agent = new NamespaceAgent(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        Thread reader = Thread.ofPlatform().daemon().start(agent::readCommands);
        while (!agent.ended || reader.isAlive()) {
            agent.turn();
        }
    }

    private void readCommands() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.add(line);
                selector.wakeup();
            }
        } catch (IOException e) {
            out.println("failed stdin " + e.getMessage());
        }
        ended = true;
        selector.wakeup();
    }

    private void turn() throws IOException {
        for (String line = commands.poll(); line != null; line = commands.poll()) {
            try {
                obey(line.split(" "));
            } catch (IOException e) {
                out.println("failed " + line.replace(' ', '_') + " " + e.getMessage());
            }
        }
        if (ended) {
            return;
        }
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid()) {
                serve(key);
            }
        }
        selector.selectedKeys().clear();
    }

    private void obey(String[] words) throws IOException {
        switch (words[0]) {
            case "listen" -> listen(words[1], new InetSocketAddress(words[2], Integer.parseInt(words[3])));
            case "send" ->
                send(
                        words[1],
                        words[2].equals("UDP"),
                        new InetSocketAddress(words[3], Integer.parseInt(words[4])),
                        new InetSocketAddress(words[5], Integer.parseInt(words[6])));
            case "sync" -> out.println("synced");
            case "reset" -> reset();
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private static StandardProtocolFamily family(InetSocketAddress address) {
        return address.getAddress().getAddress().length == 4
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;
    }

    private void listen(String protocol, InetSocketAddress at) throws IOException {
        if (protocol.equals("UDP")) {
            DatagramChannel channel = DatagramChannel.open(family(at));
            watch(channel.bind(at), SelectionKey.OP_READ, null);
        } else {
            ServerSocketChannel channel = ServerSocketChannel.open(family(at));
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            watch(channel.bind(at), SelectionKey.OP_ACCEPT, null);
        }
    }

    private SelectionKey watch(SelectableChannel channel, int operations, Object attachment) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, operations, attachment);
    }

    private void send(String id, boolean udp, InetSocketAddress from, InetSocketAddress to) throws IOException {
        if (!udp) {
            SocketChannel channel = SocketChannel.open(family(from));
            // closed by a reset: nothing of it stays
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.bind(from);
            watch(channel, SelectionKey.OP_CONNECT, id);
            try {
                channel.connect(to);
            } catch (IOException e) {
                refused(channel, id, e);
            }
            return;
        }
        DatagramChannel channel = DatagramChannel.open(family(from));
        channel.bind(from);
        channel.connect(to);
        watch(channel, SelectionKey.OP_READ, id);
        try {
            channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.UTF_8)));
        } catch (PortUnreachableException e) {
            out.println("refused " + id);
        } catch (IOException e) {
            // of a packet that rules reject, the error message still comes
            out.println("denied " + id);
        }
    }

    private void refused(SelectableChannel channel, String id, IOException why) throws IOException {
        channel.close();
        out.println((why.getMessage().contains("refused") ? "refused " : "denied ") + id);
    }

    private void serve(SelectionKey key) throws IOException {
        switch (key.channel()) {
            case ServerSocketChannel server -> {
                SocketChannel accepted = server.accept();
                if (accepted != null) {
                    accepted.setOption(StandardSocketOptions.SO_LINGER, 0);
                    watch(accepted, SelectionKey.OP_READ, null);
                }
            }
            case SocketChannel channel when key.isConnectable() -> connected(channel, (String) key.attachment(), key);
            case SocketChannel channel -> read(channel);
            case DatagramChannel channel -> receive(channel, (String) key.attachment());
            default -> throw new IllegalStateException("unwatched " + key.channel());
        }
    }

    private void connected(SocketChannel channel, String id, SelectionKey key) throws IOException {
        try {
            channel.finishConnect();
            key.interestOps(0);
            channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            refused(channel, id, e);
        }
    }

    private void read(SocketChannel channel) throws IOException {
        buffer.clear();
        try {
            if (channel.read(buffer) > 0) {
                got((InetSocketAddress) channel.getLocalAddress(), (InetSocketAddress) channel.getRemoteAddress());
            }
            channel.close();
        } catch (IOException e) {
            channel.close();
        }
    }

    /** @param id of what was sent by this channel; null if it listens */
    private void receive(DatagramChannel channel, String id) throws IOException {
        buffer.clear();
        try {
            InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
            if (from != null && id == null) {
                got((InetSocketAddress) channel.getLocalAddress(), from);
            }
        } catch (PortUnreachableException e) {
            out.println("refused " + id);
        }
    }

    private void got(InetSocketAddress at, InetSocketAddress from) {
        String id = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
        out.println("got " + id + " " + text(at.getAddress()) + " " + at.getPort() + " " + text(from.getAddress()));
    }

    private static String text(InetAddress address) {
        return address.getHostAddress().replaceAll("%.*", "");
    }

    private void reset() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.selectNow();
    }
}
