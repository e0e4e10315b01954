package io.vipline.dataplane.frame;

/** What a finished frame is. */
public enum Disposition {
    /** An input frame that passed as it was, but for TTL. */
    PASSED,
    /** An input frame whose addresses were translated. */
    TRANSLATED,
    /** Made by us: the answer to a rejected frame, a time-exceeded message. */
    GENERATED
}
