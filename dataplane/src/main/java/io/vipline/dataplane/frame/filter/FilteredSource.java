package io.vipline.dataplane.frame.filter;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.RewindableSource;
import java.io.IOException;
import java.util.List;

/** The frames of another source that a filter matches. Closes both with itself. */
public final class FilteredSource implements RewindableSource {
    /** Polls that may find nothing before the caller gets a chance to stop the run. */
    private static final int EMPTY_POLLS = 1_024;

    private final RewindableSource source;
    private final FrameFilter filter;

    public FilteredSource(RewindableSource source, FrameFilter filter) {
        this.source = source;
        this.filter = filter;
    }

    /** {@inheritDoc} Returns 0 also when the filter has matched nothing for a while. */
    @Override
    public int poll(FrameBatch batch, int limit) {
        for (int polls = 0; polls < EMPTY_POLLS; polls++) {
            int polled = source.poll(batch, limit);
            if (polled <= 0) {
                return polled;
            }
            keepMatching(batch);
            if (batch.count > 0) {
                return batch.count;
            }
        }
        return 0;
    }

    private void keepMatching(FrameBatch batch) {
        int kept = 0;
        for (int i = 0; i < batch.count; i++) {
            if (filter.matches(batch, i)) {
                batch.move(i, kept++);
            }
        }
        batch.count = kept;
    }

    /** {@inheritDoc} Of all frames, also those that do not match. */
    @Override
    public long lengthNs() {
        return source.lengthNs();
    }

    @Override
    public void rewind(long timeShiftNs) throws IOException {
        source.rewind(timeShiftNs);
    }

    @Override
    public long consumedBytes() {
        return source.consumedBytes();
    }

    @Override
    public List<FrameInterface> interfaces() {
        return source.interfaces();
    }

    @Override
    public void close() {
        source.close();
        filter.close();
    }
}
