package io.vipline.tools.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/** Many scripts at once, a step of one and then of another, until enough packets were sent. Used by one thread. */
final class Contest {
    private static final int SCRIPTS_AT_ONCE = 200;

    private final Judge judge;
    private final Stories stories;
    private final SplittableRandom random;
    private final List<Script> active = new ArrayList<>();

    Contest(Judge judge, Stories stories, SplittableRandom random) {
        this.judge = judge;
        this.stories = stories;
        this.random = random;
    }

    /**
     * Plays.
     *
     * @param packets how many to send; scripts that are under way then are broken off
     * @param stopped whether to end before
     */
    void run(long packets, BooleanSupplier stopped) {
        while (judge.frames() < packets && !stopped.getAsBoolean()) {
            while (active.size() < SCRIPTS_AT_ONCE) {
                active.add(stories.next());
            }
            int at = random.nextInt(active.size());
            Script script = active.get(at);
            if (script.isOver() || !judge.play(script)) {
                active.set(at, active.getLast());
                active.removeLast();
            }
        }
    }
}
