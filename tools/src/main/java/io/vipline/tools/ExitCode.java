package io.vipline.tools;

/** What {@code tools/vipline} ends with: contract/cli.md. */
public final class ExitCode {
    public static final int OK = 0;
    /** The tool failed: a file that cannot be opened, no permission, a fault of ours. */
    public static final int FAILED = 1;
    /** Wrong usage: an unknown flag, a missing argument. */
    public static final int USAGE = 2;
    /** A difference or mismatch was found. */
    public static final int DIFFERENCE = 3;
    /** Input that cannot be used, its problems listed on stderr. */
    public static final int BAD_INPUT = 4;

    private ExitCode() {}
}
