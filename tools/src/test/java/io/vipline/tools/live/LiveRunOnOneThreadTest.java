package io.vipline.tools.live;

/** The same with source, forwarder and sink on one thread. */
class LiveRunOnOneThreadTest extends LiveRunTest {
    @Override
    String flags() {
        return "--threading shared";
    }
}
