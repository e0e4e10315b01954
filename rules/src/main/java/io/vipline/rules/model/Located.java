package io.vipline.rules.model;

import java.util.List;

/**
 * A Kubernetes object and where it was written.
 *
 * @param parts where those of its parts stand that rules come from, in their order: a Service's ports, the endpoints of an
 *     EndpointSlice (of one that was derived: their pods). Empty if they stand nowhere of their own
 */
public record Located<T>(T object, Origin origin, List<Origin> parts) {
    public Located {
        parts = List.copyOf(parts);
    }

    public Located(T object, Origin origin) {
        this(object, origin, List.of());
    }

    /** Where a part stands, or else the whole. */
    public Origin part(int index) {
        return index < parts.size() ? parts.get(index) : origin;
    }
}
