package io.vipline.rules.broken;

import java.io.File;
import java.util.Random;

/** Breaks every rule of the house, so that the test of those rules is one that can fail. */
public final class ClockImpl {
    public long drawn() {
        return new File("seed").length() + new Random(System.nanoTime()).nextLong();
    }
}
