package io.vipline.rules.chain.save;

/** A fault in a line, on its way to becoming a Problem. */
final class SaveFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int position;
    private final String mend;

    /** @param position in the line, from 0 */
    SaveFault(int position, String what, String mend) {
        super(what, null, false, false);
        this.position = position;
        this.mend = mend;
    }

    int position() {
        return position;
    }

    String mend() {
        return mend;
    }
}
