package io.vipline.dataplane.frame.capture;

/**
 * Where and why a capture cannot be read on. What lay before {@code offset} was read.
 *
 * @param offset bytes from the start of the file to the record or block at fault
 * @param what the fault, naming the value at fault
 * @param why the rule it breaks
 * @param mend what to do about it
 */
public record CaptureProblem(long offset, String what, String why, String mend) {
    @Override
    public String toString() {
        return "byte " + offset + ": " + what + ", " + why + ", " + mend;
    }
}
