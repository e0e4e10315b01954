package io.vipline.tools;

import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/** How evenly flows are spread over endpoints: Pearson's chi-square test against the uniform choice of kube-proxy. */
final class Spread {
    private Spread() {}

    /** Σ (observed − expected)² / expected; 0 without flows. */
    static double chiSquare(long[] flows) {
        long sum = 0;
        for (long count : flows) {
            sum += count;
        }
        if (sum == 0) {
            return 0;
        }
        double expected = (double) sum / flows.length;
        double chiSquare = 0;
        for (long count : flows) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        return chiSquare;
    }

    /**
     * Probability that a fair draw spreads at least as unevenly.
     *
     * @param degreesOfFreedom endpoints less one; 0 gives 1: a single endpoint cannot be uneven
     */
    static double pValue(double chiSquare, int degreesOfFreedom) {
        return degreesOfFreedom < 1
                ? 1
                : 1 - ChiSquaredDistribution.of(degreesOfFreedom).cumulativeProbability(chiSquare);
    }
}
