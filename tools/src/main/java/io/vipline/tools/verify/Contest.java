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
    private final List<Script> ready = new ArrayList<>();
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
            begin(packets);
            wake(judge.nowNs());
            if (ready.isEmpty()) {
                LockSupport.parkNanos(Math.min(LONGEST_NAP_NS, waiting.peek().dueNs() - judge.nowNs()));
            } else {
                play(dice.below(ready.size()));
            }
        }
    }

    private void begin(long packets) {
        while (ready.size() + waiting.size() < mostAtOnce && judge.frames() + stepsAhead < packets) {
            Script script = stories.get();
            if (!script.isOver()) {
                stepsAhead += script.steps().size();
                ready.add(script);
            }
        }
    }

    private void wake(long nowNs) {
        while (!waiting.isEmpty() && waiting.peek().dueNs() <= nowNs) {
            ready.add(waiting.poll());
        }
    }

    private void play(int at) {
        Script script = ready.get(at);
        stepsAhead--;
        boolean goesOn = judge.play(script) && !script.isOver();
        boolean waits = goesOn && script.dueNs() > judge.nowNs();
        if (!goesOn || waits) {
            ready.set(at, ready.getLast());
            ready.removeLast();
        }
        if (!goesOn) {
            stepsAhead -= script.steps().size() - script.position();
        } else if (waits) {
            waiting.add(script);
        }
    }
}
