package io.vipline.dataplane.replay;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.memory.NativeMemory;

/** Takes finished frames in the order in which they leave. Called by one thread. */
public interface FrameConsumer {
    /**
     * @param memory holds a {@link FinishedFrame} record, valid during the call
     * @param record where it begins
     */
    void accept(NativeMemory memory, int record);
}
