package io.vipline.dataplane.replay;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.RewindableSource;
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
}
