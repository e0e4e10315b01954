package io.vipline.rules.manifest;

import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Problem;
import java.util.List;

/**
 * A cluster, and what was wrong with its manifests.
 *
 * @param cluster what could be used
 * @param problems all that was found; with an error among them the cluster is incomplete
 */
public record LoadedCluster(Cluster cluster, List<Problem> problems) {
    public LoadedCluster {
        problems = List.copyOf(problems);
    }

    public boolean isUsable() {
        return problems.stream().noneMatch(Problem::isError);
    }
}
