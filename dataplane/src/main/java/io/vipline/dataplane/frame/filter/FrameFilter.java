package io.vipline.dataplane.frame.filter;

import io.vipline.dataplane.frame.FrameBatch;

/** Says which frames to take. Used by one thread. */
@FunctionalInterface
public interface FrameFilter extends AutoCloseable {
    boolean matches(FrameBatch batch, int frame);

    @Override
    default void close() {}
}
