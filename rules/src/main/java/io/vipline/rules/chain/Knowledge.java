package io.vipline.rules.chain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Answers that one way through the rules has settled, so that a later term with the same question goes the same way.
 * Immutable; equal if it says the same.
 */
public final class Knowledge {
    public static final Knowledge NONE = new Knowledge(Map.of());

    /** Of answers that no other follows from, so many are kept; more would make too many ways differ. */
    private static final int MOST_TERMS = 8;

    private final Map<Question, Boolean> answers;
    private final int hash;

    private Knowledge(Map<Question, Boolean> answers) {
        this.answers = answers;
        this.hash = answers.hashCode();
    }

    private static Knowledge of(Map<Question, Boolean> answers) {
        return answers.isEmpty() ? NONE : new Knowledge(answers);
    }

    public Optional<Boolean> answer(Question question) {
        Boolean same = answers.get(question);
        if (same != null) {
            return Optional.of(same);
        }
        for (Map.Entry<Question, Boolean> known : answers.entrySet()) {
            Optional<Boolean> answer = question.answerGiven(known.getKey(), known.getValue());
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    public Knowledge with(Question question, boolean answer) {
        boolean full = question.kind() == Question.Kind.TERM
                && answers.keySet().stream()
                                .filter(known -> known.kind() == Question.Kind.TERM)
                                .count()
                        >= MOST_TERMS;
        if (full) {
            return this;
        }
        Map<Question, Boolean> more = new HashMap<>(answers);
        more.put(question, answer);
        return of(more);
    }

    /** What of it matters to these questions; equal for ways that they don't tell apart. */
    public Knowledge about(Set<Question> questions) {
        if (answers.isEmpty()) {
            return this;
        }
        Map<Question, Boolean> kept = new HashMap<>();
        for (Question question : questions) {
            answer(question).ifPresent(answer -> kept.put(question, answer));
        }
        return of(kept);
    }

    /** What is still true when the packet has got another destination: how it arrived. */
    public Knowledge afterTranslation() {
        if (answers.isEmpty()) {
            return this;
        }
        Map<Question, Boolean> kept = new HashMap<>(answers);
        List<Question> all = new ArrayList<>(answers.keySet());
        all.stream().filter(known -> known.kind() != Question.Kind.IN_INTERFACE).forEach(kept::remove);
        return of(kept);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Knowledge knowledge && answers.equals(knowledge.answers);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
