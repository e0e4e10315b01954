package io.vipline.dataplane.icmp;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts as the kernel of the machine comes to: the contest by counts of {@code vipline verify} has them from it. */
class IcmpLimitsTest {
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    private final IcmpLimits limits = new IcmpLimits(Sysctls.KERNEL, 1);
    private long number;
    private long nowNs = BEGIN_NS;

    /** Errors about packets that come evenly. @param addresses that they come from, in turn */
    private int sent(IcmpLimits by, String firstAddress, int addresses, int packets, long overNs) {
        int sent = 0;
        IpAddress first = IpAddress.of(firstAddress);
        long beginNs = nowNs;
        for (int i = 0; i < packets; i++) {
            Packet about = new Packet();
            IpAddress source = first.plus(i % addresses);
            about.family = source.isV4() ? Packet.IPV4 : Packet.IPV6;
            about.sourceHigh = source.high();
            about.sourceLow = source.low();
            about.number = number++;
            nowNs = beginNs + overNs * i / packets;
            about.nowNs = nowNs;
            sent += by.allows(about) ? 1 : 0;
        }
        return sent;
    }

    @ParameterizedTest(name = "{0}, {1} packets over {2} ms: {3} errors")
    @CsvSource({
        "172.16.0.9,     200,    0,  6",
        "172.16.0.9,     600, 3000,  8",
        "172.16.0.9,       9, 9000,  9",
        "2001:db8::9,    200,    0,  6",
        "2001:db8::9,    600, 3000, 35",
    })
    void anAddressGetsSixAtOnceThenOneByOne(String from, int packets, long overMillis, int errors) {
        assertThat(sent(limits, from, 1, packets, TimeUnit.MILLISECONDS.toNanos(overMillis)))
                .isEqualTo(errors);
    }

    @Test
    void whoWasQuietGetsAllAgain() {
        assertThat(sent(limits, "172.16.0.9", 1, 50, 0)).isEqualTo(6);
        nowNs += TimeUnit.SECONDS.toNanos(6);
        assertThat(sent(limits, "172.16.0.9", 1, 50, 0)).isEqualTo(6);
        nowNs += TimeUnit.MILLISECONDS.toNanos(2500);
        assertThat(sent(limits, "172.16.0.9", 1, 50, 0)).isEqualTo(2);
    }

    /** Each takes 0 to 2 of 50, one on average. */
    @Test
    void allAddressesTogetherGetFiftyAtOnce() {
        assertThat(sent(limits, "172.16.1.0", 300, 300, 0)).isBetween(35, 70);
        assertThat(sent(limits, "172.17.1.0", 300, 300, 0)).isZero();
        nowNs += TimeUnit.MILLISECONDS.toNanos(20);
        assertThat(sent(limits, "172.18.1.0", 300, 300, 0)).isBetween(10, 35);
    }

    @Test
    void bothFamiliesDrawOnWhatAllGet() {
        assertThat(sent(limits, "172.16.1.0", 300, 300, 0)).isPositive();
        assertThat(sent(limits, "2001:db8::1", 1, 1, 0)).isZero();
    }

    @Test
    void oneSeedOneOutcome() {
        int first = sent(limits, "172.16.1.0", 300, 300, 0);
        number = 0;
        assertThat(sent(new IcmpLimits(Sysctls.KERNEL, 1), "172.16.1.0", 300, 300, 0))
                .isEqualTo(first);
    }

    @Test
    void aThousandPeersAreRememberedApart() {
        IcmpLimits wide = new IcmpLimits(
                Sysctls.KERNEL.with(Sysctl.ICMP_MSGS_PER_SEC, 1_000_000).with(Sysctl.ICMP_MSGS_BURST, 1_000_000), 1);
        assertThat(sent(wide, "172.16.0.0", 1000, 10_000, 0)).isEqualTo(6000);
    }

    @Test
    void withoutLimitsEveryCauseIsTold() {
        assertThat(sent(new IcmpLimits(Sysctls.KERNEL.withoutErrorLimits(), 1), "172.16.0.9", 1, 5000, 0))
                .isEqualTo(5000);
    }
}
