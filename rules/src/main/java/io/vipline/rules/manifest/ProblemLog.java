package io.vipline.rules.manifest;

import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import java.util.ArrayList;
import java.util.List;

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

    List<Problem> all() {
        return List.copyOf(problems);
    }
}
