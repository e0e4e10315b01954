package io.vipline.dataplane.frame.live;

/** What a device counts. Those of receiving have one writer, those of sending another. */
public enum DeviceCounter {
    RECEIVED("frames taken from the kernel"),
    RECEIVED_BYTES("their bytes, super-frames as they came"),
    RECEIVE_OVERFLOW("frames that the kernel dropped because we did not fetch them in time"),
    RECEIVE_TRUNCATED("frames longer than our largest, dropped"),
    RECEIVE_OFFLOAD_UNKNOWN("super-frames of a kind that the kernel cannot describe to us, lost in it"),
    RECEIVE_INTERFACE_DOWN("times that the interface went down under us"),
    SENT("frames handed to the kernel"),
    SENT_BYTES("their bytes"),
    SEND_QUEUE_FULL("frames dropped because the socket's send buffer was full (EAGAIN)"),
    SEND_NO_BUFFER("frames dropped by the interface's queue (ENOBUFS)"),
    SEND_TOO_LONG("frames dropped because they are longer than the interface's MTU (EMSGSIZE)"),
    SEND_MALFORMED("frames that the kernel refused for their headers (EINVAL)"),
    SEND_INTERFACE_DOWN("frames dropped because the interface is down"),
    SEND_FAILED("frames dropped for another error");

    private final String sentence;

    DeviceCounter(String sentence) {
        this.sentence = sentence;
    }

    public String sentence() {
        return sentence;
    }
}
