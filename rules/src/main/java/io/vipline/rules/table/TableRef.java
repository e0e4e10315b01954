package io.vipline.rules.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The table in force, as one generation after another: control publishes with one release store, a data path looks once
 * each duty cycle with one acquire load, so that a packet sees one generation.
 */
public final class TableRef {
    /**
     * What is in force.
     *
     * @param served which UDP connections it leaves stale
     */
    public record Generation(Table table, ServedUdp served) {}

    private static final VarHandle GENERATION;

    static {
        try {
            GENERATION = MethodHandles.lookup().findVarHandle(TableRef.class, "generation", Generation.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // by the handle
    private Generation generation;

    public TableRef(Table first) {
        publish(first);
    }

    /** From now on, for whoever looks. No connection becomes stale. */
    public void publish(Table next) {
        publish(next, ServedUdp.UNKNOWN);
    }

    /** From now on, for whoever looks. */
    public void publish(Table next, ServedUdp served) {
        GENERATION.setRelease(this, new Generation(next, served));
    }

    public Generation latest() {
        return (Generation) GENERATION.getAcquire(this);
    }

    public Table get() {
        return latest().table();
    }
}
