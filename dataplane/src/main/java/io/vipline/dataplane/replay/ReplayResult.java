package io.vipline.dataplane.replay;

import io.vipline.dataplane.Counters;
import java.util.Arrays;

/**
 * What a replay came to.
 *
 * @param counters of all forwarders together
 * @param roundNs wall time of each round's packet loop, nanoseconds
 * @param roundFrames frames of each round
 * @param stopped whether somebody stopped it before the end
 */
public record ReplayResult(Counters counters, long[] roundNs, long[] roundFrames, boolean stopped) {
    /** Wall time of the packet loop over all its frames; 0 without frames. */
    public double nanosPerFrame() {
        long frames = Arrays.stream(roundFrames).sum();
        return frames == 0 ? 0 : (double) Arrays.stream(roundNs).sum() / frames;
    }

    /** The same for each round. */
    public double[] rounds() {
        double[] rounds = new double[roundNs.length];
        for (int i = 0; i < rounds.length; i++) {
            rounds[i] = roundFrames[i] == 0 ? 0 : (double) roundNs[i] / roundFrames[i];
        }
        return rounds;
    }

    /** Median of the rounds after the first third, when the code is compiled and the caches are warm. */
    public double steadyNanosPerFrame() {
        double[] rounds = rounds();
        double[] steady = Arrays.copyOfRange(rounds, rounds.length / 3, rounds.length);
        Arrays.sort(steady);
        int middle = steady.length / 2;
        return steady.length == 0
                ? 0
                : steady.length % 2 == 1 ? steady[middle] : (steady[middle - 1] + steady[middle]) / 2;
    }
}
