package io.vipline.rules.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The table in force, as one generation after another: control publishes with one release store, a data path looks once
 * each duty cycle with one acquire load, so that a packet sees one generation.
 */
public final class TableRef {
    private static final VarHandle TABLE;

    static {
        try {
            TABLE = MethodHandles.lookup().findVarHandle(TableRef.class, "table", Table.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // by the handle
    private Table table;

    public TableRef(Table first) {
        publish(first);
    }

    /** From now on, for whoever looks. */
    public void publish(Table next) {
        TABLE.setRelease(this, next);
    }

    public Table get() {
        return (Table) TABLE.getAcquire(this);
    }
}
