package io.vipline.dataplane.replay;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.rules.table.Table;
import java.io.IOException;

/**
 * What a replay does.
 *
 * @param capture opened once for each forwarder, which each read all of it
 * @param threads forwarders
 * @param repeat times that the capture is gone through, at least once
 * @param speed captured seconds a second; {@link #MAX_SPEED}: as fast as it goes
 */
public record ReplayPlan(
        Table table, PipelineConfig config, CaptureOpener capture, int threads, int repeat, double speed) {
    public static final double MAX_SPEED = 0;

    /** Opens the capture anew. */
    public interface CaptureOpener {
        RewindableSource open() throws IOException;
    }

    /** A source that can start over. */
    public interface RewindableSource extends FrameSource {
        /** Captured time from the first to the last frame, nanoseconds; known at the end. */
        long lengthNs();

        /** Starts over with all times moved on by {@code timeShiftNs} against the capture's own. */
        void rewind(long timeShiftNs) throws IOException;

        /** Bytes read so far, for a progress bar. */
        long consumedBytes();
    }
}
