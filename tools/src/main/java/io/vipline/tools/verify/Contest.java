package io.vipline.tools.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Many scripts at once, a step of one and then of another, each when it is due. Used by one thread. */
final class Contest {
    private static final long LONGEST_NAP_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Judge judge;
    private final Supplier<Script> stories;
    private final Dice dice;
    private final int mostAtOnce;
    /** Those whose next step may be played at any time, */
    private final List<Script> ready = new ArrayList<>();
    /** and those for whose it is a certain time. */
    private final PriorityQueue<Script> waiting = new PriorityQueue<>(Comparator.comparingLong(Script::dueNs));
    /** Steps of the scripts that are under way. */
    private long stepsAhead;

    /** @param mostAtOnce how many scripts are under way at a time */
    Contest(Judge judge, Supplier<Script> stories, Dice dice, int mostAtOnce) {
        this.judge = judge;
        this.stories = stories;
        this.dice = dice;
        this.mostAtOnce = mostAtOnce;
    }

    /**
     * Plays.
     *
     * @param packets how many to send; a script that is under way then is broken off
     * @param stopped whether to end before
     */
    void run(long packets, BooleanSupplier stopped) {
        while (judge.frames() < packets && !stopped.getAsBoolean()) {
            boolean isSomeDue = !waiting.isEmpty() && waiting.peek().dueNs() <= judge.nowNs();
            boolean mayBegin = ready.size() + waiting.size() < mostAtOnce && judge.frames() + stepsAhead < packets;
            if (isSomeDue) {
                play(waiting.poll());
            } else if (mayBegin) {
                begin();
            } else if (!ready.isEmpty()) {
                play(takeReady());
            } else {
                LockSupport.parkNanos(Math.min(LONGEST_NAP_NS, waiting.peek().dueNs() - judge.nowNs()));
            }
        }
    }

    private void begin() {
        Script script = stories.get();
        if (!script.isOver()) {
            stepsAhead += script.steps().size();
            ready.add(script);
        }
    }

    private Script takeReady() {
        int at = dice.below(ready.size());
        Script script = ready.get(at);
        ready.set(at, ready.getLast());
        ready.removeLast();
        return script;
    }

    private void play(Script script) {
        stepsAhead--;
        boolean goesOn = judge.play(script) && !script.isOver();
        if (!goesOn) {
            stepsAhead -= script.steps().size() - script.position();
        } else if (script.dueNs() > 0) {
            waiting.add(script);
        } else {
            ready.add(script);
        }
    }
}
