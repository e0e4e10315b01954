package io.vipline.rules.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.compile.TableCompiler;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A generation is published while a data path looks for it: it sees one of the two, whole, and with the new one all that
 * was written before that was published.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the old one")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the old one, and the plain write by chance")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the new one, and what came before it")
@Outcome(expect = FORBIDDEN, desc = "parts of two, or the new one without what came before it")
@State
public class TableRefStress {
    private static final Table OLD = TableCompiler.compile(List.of(), NodeNetwork.of(List.of()));
    private static final Table NEW = TableCompiler.compile(List.of(), NodeNetwork.of(List.of()));
    private static final ServedUdp SERVED = new ServedUdp.Builder().build();

    private final TableRef tables = new TableRef(OLD);
    private int plain;

    @Actor
    public void control() {
        plain = 1;
        tables.publish(NEW, SERVED);
    }

    @Actor
    public void dataPath(II_Result result) {
        TableRef.Generation seen = tables.latest();
        boolean isNew = seen.table() == NEW;
        boolean isWhole = isNew ? seen.served() == SERVED : seen.table() == OLD && seen.served() == ServedUdp.UNKNOWN;
        result.r1 = !isWhole ? -1 : isNew ? 1 : 0;
        result.r2 = plain;
    }
}
