package io.vipline.tools;

import io.vipline.dataplane.frame.capture.CaptureFormat;
import io.vipline.dataplane.frame.capture.CaptureWriter;
import io.vipline.dataplane.replay.FrameConsumer;
import io.vipline.dataplane.replay.ReplayPlan;
import io.vipline.dataplane.replay.ReplayResult;
import io.vipline.dataplane.replay.ReplayRun;
import io.vipline.tools.Replay.ReplayOutcome;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** One run of a replay, with its progress shown, ended properly when it is interrupted. */
final class ReplaySession {
    private final ReplayPlan plan;
    private final CaptureInput input;
    private final Interruption interruption;
    private final PrintWriter err;

    ReplaySession(ReplayPlan plan, CaptureInput input, Interruption interruption, PrintWriter err) {
        this.plan = plan;
        this.input = input;
        this.interruption = interruption;
        this.err = err;
    }

    /** @param output null: nothing is written */
    static boolean isStdout(Path output) {
        return output != null && output.toString().equals("-");
    }

    /** Finishes each frame and forgets it. */
    ReplayOutcome count() throws IOException {
        try (ReplayRun replay = new ReplayRun(plan, false)) {
            ReplayResult result = run(replay, Optional.empty());
            return new ReplayOutcome(result, null, input.problems());
        }
    }

    /** Writes the finished frames into a file. */
    ReplayOutcome write(Path output, NodeRules rules) throws IOException {
        try (ReplayRun replay = new ReplayRun(plan, true)) {
            CaptureFormat format =
                    CaptureFormat.ofFileName(output.toString(), input.isFinerThanMicroseconds(), rules.addressNames());
            boolean comments = format instanceof CaptureFormat.Pcapng;
            FrameComments frameComments = new FrameComments(plan.table(), new RulePath(rules));
            CaptureWriter writer = isStdout(output)
                    ? CaptureWriter.to(
                            new FileOutputStream(FileDescriptor.out).getChannel(),
                            "stdout",
                            format,
                            replay.interfaces())
                    : CaptureWriter.open(output, format, replay.interfaces());
            ReplayResult result;
            try (writer) {
                result = run(
                        replay,
                        Optional.of((memory, record) ->
                                writer.write(memory, record, comments ? frameComments.of(memory, record) : null)));
            }
            return new ReplayOutcome(result, writer.sha256(), input.problems());
        }
    }

    private ReplayResult run(ReplayRun replay, Optional<FrameConsumer> consumer) throws IOException {
        interruption.heed(replay::stop);
        Progress progress = Progress.of(input.sizeBytes() * plan.repeat(), replay::consumedBytes, err);
        try (progress) {
            return replay.run(consumer);
        }
    }
}
