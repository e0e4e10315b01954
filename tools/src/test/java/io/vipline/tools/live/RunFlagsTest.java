package io.vipline.tools.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.Cidr;
import io.vipline.tools.Vipline;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFlagsTest {
    @ParameterizedTest(name = "--{0} {1} is {2}")
    @CsvSource(delimiter = '|', textBlock = """
            interface | tap:vl0                     | TAP vl0
            interface | packet:eth0@client          | PACKET eth0 in client
            interface | packet:eth0@/run/netns/a    | PACKET eth0 in /run/netns/a
            interface | eth0                        | wrong
            interface | tap:                        | wrong
            interface | tap:a-name-far-too-long     | wrong
            interface | veth:v0                     | wrong
            address   | vl0=10.0.0.1/24             | vl0 has 10.0.0.1 of 10.0.0.0/24
            address   | vl0=fd00::1/64              | vl0 has fd00::1 of fd00::/64
            address   | vl0=10.0.0.1                | wrong
            address   | 10.0.0.1/24                 | wrong
            address   | vl0=10.0.0.1/33             | wrong
            route     | 10.0.0.0/8=vl0              | 10.0.0.0/8 by vl0
            route     | 0.0.0.0/0=vl0,via 10.0.0.9  | 0.0.0.0/0 by vl0 via 10.0.0.9
            route     | ::/0=vl0, via fd00::9       | ::/0 by vl0 via fd00::9
            route     | ::/0=vl0,via 10.0.0.9       | wrong
            route     | 10.0.0.0/8                  | wrong
            route     | 10.0.0.0/8=vl0,10.0.0.9     | wrong
            """)
    void flagsAreReadOrRefused(String flag, String text, String expected) {
        Optional<String> read = switch (flag) {
            case "interface" ->
                InterfaceSpec.parse(text)
                        .map(spec -> spec.kind() + " " + spec.name()
                                + (spec.namespace().isEmpty() ? "" : " in " + spec.namespace()));
            case "address" ->
                AddressSpec.parse(text)
                        .map(spec -> spec.interfaceName() + " has "
                                + spec.address().address() + " of "
                                + new Cidr(
                                        spec.address().address(), spec.address().prefixLength()));
            default ->
                RouteSpec.parse(text)
                        .map(spec -> spec.destination() + " by " + spec.interfaceName()
                                + spec.gateway().map(via -> " via " + via).orElse(""));
        };
        assertThat(read.orElse("wrong")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "--interface eth0,                          'eth0' is not tap:NAME or packet:NAME",
        "--interface tap:a --address a,             'a' is not IF=ADDRESS/LENGTH",
        "--interface tap:a --route 10.0.0.0/8,      '10.0.0.0/8' is not CIDR=IF",
        "--interface tap:a --threading sideways,    sideways",
        "--offload keep,                            Missing required option: '--interface"
    })
    void wrongFlagsEndWithUsageAndAWordOnTheForm(String flags, String word) {
        StringWriter err = new StringWriter();
        int exit = Vipline.run(
                new PrintWriter(new StringWriter()), new PrintWriter(err), ("run -f x.yaml " + flags).split(" "));
        assertThat(err.toString()).contains(word.replace("\"", ""));
        assertThat(exit).isEqualTo(2);
    }
}
