package io.vipline.tools.generate;

import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.tools.generate.Conversation.Step;
import java.util.SplittableRandom;

/**
 * Lets many conversations go on at once and writes what a capture of them would hold. Memory depends on how many go on
 * at once, not on how many there are. Everything follows from plan, sizes and seed. Used by one thread.
 */
public final class TrafficGenerator {
    /** Conversations that go on at once, unless there are fewer. */
    public static final int MAX_CONCURRENT = 1 << 16;

    /** 2026-01-01T00:00:00Z. */
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    private static final long MEAN_GAP_NS = 10_000;
    /** However many go on, each speaks once in this time on average: timeouts of conntrack are far off. */
    private static final long MEAN_TURN_NS = 1_000_000_000L;

    private static final int NONE = -1;

    private final FlowPlan plan;
    private final FrameComposer composer;
    private final SplittableRandom random;
    private final Conversation[] conversations;
    private final long flows;
    private final long framesPerFlow;
    private final long flowsWithOneMore;
    private final long meanGapNs;
    /** Whose turn it is; {@link #NONE}: to be drawn. */
    private int slot = NONE;

    private int open;
    private long opened;
    private long written;
    private long timeNs = BEGIN_NS;

    /**
     * @param flows how many, at least 1
     * @param frames how many in all, at least one a flow: flows share them as evenly as can be
     * @param concurrent how many flows may go on at once
     */
    public TrafficGenerator(FlowPlan plan, PayloadSizes sizes, long flows, long frames, int concurrent, long seed) {
        if (flows < 1 || frames < flows || concurrent < 1) {
            throw new IllegalArgumentException(frames + " frames do not make " + flows + " flows");
        }
        this.plan = plan;
        this.flows = flows;
        composer = new FrameComposer(sizes);
        random = new SplittableRandom(seed);
        framesPerFlow = frames / flows;
        flowsWithOneMore = frames % flows;
        conversations = new Conversation[(int) Math.min(flows, concurrent)];
        for (int i = 0; i < conversations.length; i++) {
            conversations[i] = new Conversation();
            openNext(conversations[i]);
        }
        open = conversations.length;
        meanGapNs = Math.max(1, Math.min(MEAN_GAP_NS, MEAN_TURN_NS / conversations.length));
    }

    private void openNext(Conversation conversation) {
        conversation.frames = framesPerFlow + (opened < flowsWithOneMore ? 1 : 0);
        plan.assign(opened++, conversation);
    }

    public boolean isDone() {
        return open == 0;
    }

    /** Frames written so far. */
    public long written() {
        return written;
    }

    /** Flows that have been given room so far: all, once it is done. */
    public long flowsBegun() {
        return opened;
    }

    /**
     * Writes the next frame.
     *
     * @return false if the sink has no room for it: call again
     */
    public boolean writeNext(FrameSink sink) {
        if (slot < 0) {
            slot = random.nextInt(open);
        }
        Conversation conversation = conversations[slot];
        Step step = conversation.next();
        int payloadBytes = composer.payloadBytes(conversation, step);
        int frameBytes = composer.frameBytes(conversation, step, payloadBytes);
        int record = sink.claim(frameBytes);
        if (record == FrameSink.FULL) {
            return false;
        }
        timeNs += 1 + random.nextLong(2 * meanGapNs - 1);
        NativeMemory memory = sink.memory();
        putHeader(memory, record, frameBytes);
        composer.compose(conversation, step, payloadBytes, memory, record + FinishedFrame.HEADER_BYTES);
        sink.commit();
        written++;
        conversation.said(step, payloadBytes);
        if (conversation.isOver()) {
            replace(slot);
        }
        slot = NONE;
        return true;
    }

    private void replace(int over) {
        if (opened < flows) {
            openNext(conversations[over]);
        } else {
            Conversation spent = conversations[over];
            conversations[over] = conversations[--open];
            conversations[open] = spent;
        }
    }

    private void putHeader(NativeMemory memory, int record, int frameBytes) {
        memory.putLong(record + FinishedFrame.NUMBER, written);
        memory.putLong(record + FinishedFrame.TIME_NS, timeNs);
        memory.putInt(record + FinishedFrame.LENGTH, frameBytes);
        memory.putInt(record + FinishedFrame.ORIGINAL_LENGTH, frameBytes);
        memory.putInt(record + FinishedFrame.INTERFACE, 0);
        memory.putInt(record + FinishedFrame.LINK_TYPE, LinkType.ETHERNET.ordinal());
        memory.putInt(record + FinishedFrame.CHECKSUM_START, -1);
        memory.putInt(record + FinishedFrame.CHECKSUM_OFFSET, 0);
        memory.putInt(record + FinishedFrame.GSO_TYPE, 0);
        memory.putInt(record + FinishedFrame.GSO_SIZE, 0);
        memory.putInt(record + FinishedFrame.DISPOSITION, Disposition.GENERATED.ordinal());
        memory.putInt(record + FinishedFrame.ENDPOINT_ID, -1);
        memory.putInt(record + FinishedFrame.FLOW, -1);
        memory.putInt(record + FinishedFrame.FLAGS, 0);
    }
}
