package io.vipline.perf;

/** What a benchmark's frames are. */
public enum FrameKind {
    UDP4(4, 17),
    TCP4(4, 6),
    UDP6(6, 17),
    TCP6(6, 6);

    final int family;
    final int protocol;

    FrameKind(int family, int protocol) {
        this.family = family;
        this.protocol = protocol;
    }

    int networkBytes() {
        return family == 4 ? 20 : 40;
    }

    int transportBytes() {
        return protocol == 6 ? 20 : 8;
    }
}
