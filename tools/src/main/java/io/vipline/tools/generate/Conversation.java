package io.vipline.tools.generate;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;

/**
 * One flow between a client and a Service: its ends, and how far it has come. The script depends on the number of
 * frames that it is given only: a handshake, requests and replies in turn, a close; over UDP requests and replies. One
 * that is too short for a close stops as a capture does. Reused for one flow after another.
 */
final class Conversation {
    /** What a frame of a conversation is. */
    enum Step {
        SYN,
        SYN_ACK,
        ACK,
        REQUEST,
        REPLY,
        FIN,
        FIN_REPLY;

        boolean fromClient() {
            return this != SYN_ACK && this != REPLY && this != FIN_REPLY;
        }
    }

    /** Handshake and close. */
    private static final int TCP_FRAMES_WITHOUT_DATA = 6;

    Destination destination;
    IpAddress client;
    int clientPort;
    long hash;
    /** Next sequence number of each side. */
    int clientSequence;

    int serverSequence;
    int clientIpId;
    int serverIpId;
    /** Frames said so far, and how many there will be. */
    long said;

    long frames;

    void open(Destination to, IpAddress from, int fromPort, long flowHash) {
        destination = to;
        client = from;
        clientPort = fromPort;
        hash = flowHash;
        clientSequence = (int) flowHash;
        serverSequence = (int) (flowHash >>> 20);
        clientIpId = (int) (flowHash >>> 8) & 0xffff;
        serverIpId = (int) (flowHash >>> 24) & 0xffff;
        said = 0;
    }

    boolean isOver() {
        return said == frames;
    }

    /** What is said next. */
    Step next() {
        boolean tcp = destination.protocol() == Protocol.TCP;
        if (!destination.answered()) {
            return tcp ? Step.SYN : Step.REQUEST;
        }
        if (!tcp) {
            return said % 2 == 0 ? Step.REQUEST : Step.REPLY;
        }
        if (said < 3) {
            return said == 0 ? Step.SYN : said == 1 ? Step.SYN_ACK : Step.ACK;
        }
        if (frames < TCP_FRAMES_WITHOUT_DATA) {
            return said == 3 ? Step.REQUEST : Step.REPLY;
        }
        long left = frames - said;
        if (left <= 3) {
            return left == 3 ? Step.FIN : left == 2 ? Step.FIN_REPLY : Step.ACK;
        }
        // an odd frame among requests and replies is the client's bare acknowledgment
        boolean odd = (frames - TCP_FRAMES_WITHOUT_DATA) % 2 == 1;
        return odd && left == 4 ? Step.ACK : said % 2 == 1 ? Step.REQUEST : Step.REPLY;
    }

    /** Counts the frame in: sequence space goes on by its payload, and by one for SYN and FIN. */
    void said(Step step, int payloadBytes) {
        int advance = payloadBytes + (step == Step.SYN_ACK || step == Step.FIN || step == Step.FIN_REPLY ? 1 : 0);
        if (step == Step.SYN) {
            // asked again if nobody answers: the sequence number stays
            advance = destination.answered() ? 1 : 0;
        }
        if (step.fromClient()) {
            clientSequence += advance;
            clientIpId = clientIpId + 1 & 0xffff;
        } else {
            serverSequence += advance;
            serverIpId = serverIpId + 1 & 0xffff;
        }
        said++;
    }
}
