package io.vipline.dataplane.frame.capture;

import java.io.IOException;
import java.io.Serial;

/**
 * A capture cannot be written on: the disk is full, the reader of a pipe has gone, a frame does not fit the format. A
 * file is left whole up to the last record that fitted.
 */
public final class CaptureWriteException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final long keptBytes;

    CaptureWriteException(String file, long keptBytes, IOException cause) {
        super(file + ": " + cause.getMessage() + "; the first " + keptBytes + " bytes are a whole capture", cause);
        this.keptBytes = keptBytes;
    }

    CaptureWriteException(String file, long keptBytes, String what) {
        super(file + ": " + what);
        this.keptBytes = keptBytes;
    }

    /** Bytes of the file, up to the end of its last whole record; for a pipe, bytes that its reader took or more. */
    public long keptBytes() {
        return keptBytes;
    }
}
