package io.vipline.dataplane.fragment;

import io.vipline.dataplane.fragment.Datagram.Addition;
import java.util.ArrayList;
import java.util.List;

/**
 * Which bytes of a datagram are there: {@code inet_frag_queue_insert} of net/ipv4/inet_fragment.c. Pieces that came one
 * behind the other at the end make a run; what lies within a run is there already, what lies across the borders of one
 * overlaps.
 */
final class FragmentRuns {
    /** From the first byte to behind the last. */
    private static final class Run {
        private final int from;
        private int to;

        Run(int from, int to) {
            this.from = from;
            this.to = to;
        }
    }

    private final List<Run> runs = new ArrayList<>();
    /** The one that was begun last at the end. */
    private Run last;
    /** Behind the last byte that is there. */
    private int end;

    /** @param from first byte of the piece; @param to behind its last */
    Addition add(int from, int to) {
        if (to <= end) {
            return insert(from, to);
        }
        if (from < end) {
            return Addition.MISFIT;
        }
        if (last != null && from == end) {
            last.to = to;
        } else {
            last = new Run(from, to);
            runs.add(last);
        }
        end = to;
        return Addition.ADDED;
    }

    private Addition insert(int from, int to) {
        for (Run run : runs) {
            if (from >= run.from && to <= run.to) {
                return Addition.DUPLICATE;
            }
            if (from < run.to && to > run.from) {
                return Addition.MISFIT;
            }
        }
        runs.add(new Run(from, to));
        return Addition.ADDED;
    }
}
