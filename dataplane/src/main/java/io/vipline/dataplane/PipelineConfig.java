package io.vipline.dataplane;

import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.sysctl.Sysctls;

/**
 * What a pipeline does beside the rules.
 *
 * @param capturePoint where the frames were seen
 * @param seed of every random draw
 * @param mtuBytes of the links by which packets leave, where these do not say themselves; {@link #ANY_MTU}: no limit
 * @param conntrackMax most connections at a time; 0: no limit
 * @param tellsOrigin whether finished frames carry their connection's original tuple, for comments
 * @param share which of {@code shares} equal shares of the virtual shards this pipeline takes, from 0
 */
public record PipelineConfig(
        CapturePoint capturePoint,
        ChecksumMode checksumMode,
        Sysctls sysctls,
        NodeAddresses nodeAddresses,
        long seed,
        int mtuBytes,
        int conntrackMax,
        boolean tellsOrigin,
        int share,
        int shares) {
    /** As long as packets may be. */
    public static final int ANY_MTU = Integer.MAX_VALUE;

    /** Where the frames of a capture were seen. */
    public enum CapturePoint {
        /** By the clients: answers come from the virtual IP. */
        CLIENT,
        /** On the wires of the node: answers come from endpoints. */
        NODE
    }

    /** What is done about checksums on arrival. */
    public enum ChecksumMode {
        /** None is judged; a wrong one stays wrong. */
        TRUST,
        /** As the kernel does: a wrong one makes the packet INVALID, or drops it. */
        VERIFY,
        /** Those that offloading left unfinished are finished. */
        FILL
    }

    /** Of all the traffic, without limits. */
    public static PipelineConfig of(
            CapturePoint capturePoint, ChecksumMode checksumMode, Sysctls sysctls, NodeAddresses addresses, long seed) {
        return new PipelineConfig(capturePoint, checksumMode, sysctls, addresses, seed, ANY_MTU, 0, false, 0, 1);
    }

    /** The same on another node. */
    public PipelineConfig withNodeAddresses(NodeAddresses addresses) {
        return new PipelineConfig(
                capturePoint,
                checksumMode,
                sysctls,
                addresses,
                seed,
                mtuBytes,
                conntrackMax,
                tellsOrigin,
                share,
                shares);
    }

    /** The same with other limits. */
    public PipelineConfig withLimits(int newMtuBytes, int newConntrackMax) {
        return new PipelineConfig(
                capturePoint,
                checksumMode,
                sysctls,
                nodeAddresses,
                seed,
                newMtuBytes,
                newConntrackMax,
                tellsOrigin,
                share,
                shares);
    }

    public PipelineConfig tellingOrigin(boolean tells) {
        return new PipelineConfig(
                capturePoint, checksumMode, sysctls, nodeAddresses, seed, mtuBytes, conntrackMax, tells, share, shares);
    }

    public PipelineConfig withShare(int newShare, int newShares) {
        return new PipelineConfig(
                capturePoint,
                checksumMode,
                sysctls,
                nodeAddresses,
                seed,
                mtuBytes,
                conntrackMax,
                tellsOrigin,
                newShare,
                newShares);
    }
}
