package io.vipline.tools.explain;

import io.vipline.rules.net.IpAddress;
import io.vipline.tools.explain.ClusterNames.UnknownName;
import java.util.List;

/** Names that stand for addresses where people write packets. */
public interface HostNames {
    /** The addresses of a name, of both families; never empty. */
    List<IpAddress> resolve(String name) throws UnknownName;
}
