package io.vipline.tools;

import io.vipline.tools.live.RouteLine;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where packets go, for rules that ask for the interface by which they leave. */
final class RouteOptions {
    @Option(
            names = "--route",
            paramLabel = "ROUTE",
            converter = RouteConverter.class,
            description = "A line as ip route prints it, as in '10.244.0.0/16 dev cni0'; or several. Tells by which"
                    + " interface a packet leaves, and by 'local' and 'src' which addresses the node has. Repeatable.")
    private List<RouteText> routes = new ArrayList<>();

    List<RouteLine> routes() {
        return routes.stream().flatMap(text -> text.lines().stream()).toList();
    }

    /** A value, which may hold all that {@code ip route} printed. */
    record RouteText(List<RouteLine> lines) {}

    static final class RouteConverter implements ITypeConverter<RouteText> {
        @Override
        public RouteText convert(String text) {
            return new RouteText(text.lines()
                    .filter(line -> !line.isBlank())
                    .map(line -> RouteLine.parse(line.strip())
                            .orElseThrow(() -> new TypeConversionException(
                                    "'" + line + "' is no route like '10.244.0.0/16 dev cni0' or 'default via"
                                            + " 192.168.1.1 dev eth0'")))
                    .toList());
        }
    }
}
