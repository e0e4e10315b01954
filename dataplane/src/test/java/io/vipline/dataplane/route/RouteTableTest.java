package io.vipline.dataplane.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vipline.dataplane.route.InterfaceTable.Interface;
import io.vipline.dataplane.route.InterfaceTable.InterfaceAddress;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {
    private static final InterfaceTable INTERFACES = new InterfaceTable(List.of(
            new Interface("tap0", 0x02_00_00_00_00_01L, 1500, addresses("192.168.0.1/24", "fd00:c::1/64")),
            new Interface("pod0", 0x02_00_00_00_00_02L, 1500, addresses("10.244.0.1/24", "fd00:a::1/64"))));

    private static final RouteTable TABLE = RouteTable.of(
            INTERFACES,
            List.of(
                    route("10.0.0.0/8", 0, "192.168.0.9"),
                    route("10.244.0.77/32", 0, "192.168.0.7"),
                    route("10.244.0.0/24", 0, "192.168.0.9"),
                    route("::/0", 1, "fd00:a::9"),
                    route("fd00:a::/48", 0, "fd00:c::9")));

    private static List<InterfaceAddress> addresses(String... texts) {
        return List.of(texts).stream()
                .map(text -> text.split("/"))
                .map(parts -> new InterfaceAddress(IpAddress.of(parts[0]), Integer.parseInt(parts[1])))
                .toList();
    }

    private static Route route(String destination, int index, String via) {
        return new Route(Cidr.of(destination), index, Optional.of(IpAddress.of(via)));
    }

    @ParameterizedTest(name = "{0} leaves by {1}")
    @CsvSource(textBlock = """
            # destination,     way
            192.168.0.50,      tap0
            10.244.0.5,        pod0
            10.244.0.77,       tap0 via 192.168.0.7
            10.244.1.5,        tap0 via 192.168.0.9
            8.8.8.8,           none
            fd00:a::5,         pod0
            fd00:a:0:5::5,     tap0 via fd00:c::9
            fd00:c::5,         tap0
            2001:db8::1,       pod0 via fd00:a::9
            """)
    void theLongestPrefixWinsAndTheInterfacesOwnNetworkBeforeAGivenRouteToIt(String destination, String way) {
        IpAddress address = IpAddress.of(destination);
        int found = TABLE.find(address.high(), address.low());
        String chosen = "none";
        if (found != RouteTable.NONE) {
            Route route = TABLE.get(found);
            chosen = INTERFACES.get(route.interfaceIndex()).name()
                    + route.gateway().map(via -> " via " + via).orElse("");
        }
        assertThat(chosen).isEqualTo(way);
    }

    @Test
    void tenThousandHostRoutesAreAllFound() {
        RouteTable table = new RouteTable(IntStream.range(0, 10_000)
                .mapToObj(i -> new Route(Cidr.host(IpAddress.v4(0x0af4_0000 + i)), i % 7, Optional.empty()))
                .toList());
        for (int i = 0; i < 10_000; i++) {
            IpAddress address = IpAddress.v4(0x0af4_0000 + i);
            assertThat(table.find(address.high(), address.low())).isEqualTo(i);
        }
        IpAddress other = IpAddress.of("10.245.0.1");
        assertThat(table.find(other.high(), other.low())).isEqualTo(RouteTable.NONE);
    }

    @Test
    void aGatewayOfTheOtherFamilyIsRefused() {
        assertThatThrownBy(() -> route("10.0.0.0/8", 0, "fd00::1")).hasMessageContaining("another family");
    }

    @ParameterizedTest(name = "to {1} on interface {0} the node speaks as {2}")
    @CsvSource({
        "0, 192.168.0.9, 192.168.0.1",
        "0, 10.1.2.3,    192.168.0.1",
        "1, fd00:a::7,   fd00:a::1",
        "1, fd00:c::7,   fd00:a::1"
    })
    void theNodeSpeaksUnderAnAddressOfTheNeighboursNetwork(int index, String neighbour, String own) {
        assertThat(INTERFACES.sourceFor(index, IpAddress.of(neighbour))).contains(IpAddress.of(own));
    }
}
