package io.vipline.rules.manifest;

import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects all problems of one run, in the order found. For one thread. */
final class ProblemLog {
    private final List<Problem> problems = new ArrayList<>();

    void error(Origin origin, String what, String why, String mend) {
        problems.add(Problem.error(origin, what, why, mend));
    }

    void warning(Origin origin, String what, String why, String mend) {
        problems.add(Problem.warning(origin, what, why, mend));
    }

    void note(Origin origin, String what, String why, String mend) {
        problems.add(Problem.note(origin, what, why, mend));
    }

    /** By place: sources in this order, then what has no place in them. */
    List<Problem> inOrder(List<String> sources) {
        Map<String, Integer> ranks = new HashMap<>();
        sources.forEach(source -> ranks.putIfAbsent(source, ranks.size()));
        return problems.stream()
                .sorted(Comparator.comparingInt((Problem problem) ->
                                ranks.getOrDefault(problem.origin().source(), Integer.MAX_VALUE))
                        .thenComparingInt(problem -> problem.origin().line())
                        .thenComparingInt(problem -> problem.origin().column()))
                .toList();
    }

    List<Problem> all() {
        return List.copyOf(problems);
    }
}
