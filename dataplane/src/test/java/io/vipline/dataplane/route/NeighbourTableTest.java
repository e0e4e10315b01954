package io.vipline.dataplane.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.route.NeighbourTable.Station;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NeighbourTableTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MAC = 0x02_00_00_00_00_07L;

    private final NeighbourTable table = new NeighbourTable();
    private final List<String> events = new ArrayList<>();
    private final NeighbourEvents recorder = new NeighbourEvents() {
        @Override
        public void solicit(int interfaceIndex, long high, long low, long hardwareAddress) {
            String whom = hardwareAddress == NeighbourTable.UNRESOLVED ? "all" : Long.toHexString(hardwareAddress);
            events.add("ask " + whom + " for " + new IpAddress(high, low) + " on " + interfaceIndex);
        }

        @Override
        public void release(byte[] finishedFrame, long hardwareAddress) {
            events.add("send " + finishedFrame[0] + " to " + Long.toHexString(hardwareAddress));
        }

        @Override
        public void unresolved(byte[] finishedFrame) {
            events.add("drop " + finishedFrame[0]);
        }
    };

    private static Station station(String address) {
        IpAddress ip = IpAddress.of(address);
        return new Station(0, ip.high(), ip.low());
    }

    private long find(String address, long seconds) {
        Station station = station(address);
        return table.find(0, station.high(), station.low(), seconds * SECOND);
    }

    private void hold(String address, int frame, long seconds) {
        table.hold(station(address), new byte[] {(byte) frame}, seconds * SECOND, recorder);
    }

    private List<String> poll(long seconds) {
        events.clear();
        table.poll(seconds * SECOND, recorder);
        return List.copyOf(events);
    }

    @Test
    void framesWaitInOrderUntilTheNeighbourAnswers() {
        assertThat(find("10.0.0.7", 0)).isEqualTo(NeighbourTable.UNRESOLVED);
        hold("10.0.0.7", 1, 0);
        hold("10.0.0.7", 2, 0);
        assertThat(poll(0)).containsExactly("ask all for 10.0.0.7 on 0");
        assertThat(poll(0)).isEmpty();
        events.clear();
        table.confirm(station("10.0.0.7"), MAC, false, 0, recorder);
        assertThat(events).containsExactly("send 1 to 20000000007", "send 2 to 20000000007");
        assertThat(find("10.0.0.7", 1)).isEqualTo(MAC);
    }

    @Test
    void whoDoesNotAnswerIsAskedThreeTimesAndThenItsFramesAreDropped() {
        hold("fd00::7", 1, 0);
        assertThat(poll(0)).containsExactly("ask all for fd00::7 on 0");
        assertThat(poll(1)).containsExactly("ask all for fd00::7 on 0");
        assertThat(poll(2)).containsExactly("ask all for fd00::7 on 0");
        assertThat(poll(3)).containsExactly("drop 1");
        assertThat(table.size()).isZero();
        hold("fd00::7", 2, 10);
        assertThat(poll(10)).containsExactly("ask all for fd00::7 on 0");
    }

    @Test
    void anOldNeighbourIsAskedAgainByItselfWhileFramesStillGoThere() {
        table.confirm(station("10.0.0.7"), MAC, true, 0, recorder);
        assertThat(find("10.0.0.7", 30)).isEqualTo(MAC);
        assertThat(poll(30)).isEmpty();
        assertThat(find("10.0.0.7", 31)).isEqualTo(MAC);
        assertThat(poll(31)).containsExactly("ask 20000000007 for 10.0.0.7 on 0");
        table.confirm(station("10.0.0.7"), MAC, false, 31 * SECOND, recorder);
        assertThat(poll(40)).isEmpty();
        assertThat(find("10.0.0.7", 62)).isEqualTo(MAC);
        for (int second = 62; second < 65; second++) {
            assertThat(poll(second)).containsExactly("ask 20000000007 for 10.0.0.7 on 0");
        }
        assertThat(poll(65)).isEmpty();
        assertThat(find("10.0.0.7", 65)).isEqualTo(NeighbourTable.UNRESOLVED);
    }

    @Test
    void whatIsHeardInPassingUpdatesKnownNeighboursOnly() {
        table.confirm(station("10.0.0.7"), MAC, false, 0, recorder);
        assertThat(find("10.0.0.7", 0)).isEqualTo(NeighbourTable.UNRESOLVED);
        table.confirm(station("10.0.0.7"), MAC, true, 0, recorder);
        table.confirm(station("10.0.0.7"), MAC + 1, false, 0, recorder);
        assertThat(find("10.0.0.7", 0)).isEqualTo(MAC + 1);
    }

    @Test
    void theOldestOfTooManyWaitingFramesIsDropped() {
        for (int i = 0; i < NeighbourTable.WAITING_FRAMES + 2; i++) {
            hold("10.0.0.7", i, 0);
        }
        assertThat(events).containsExactly("drop 0", "drop 1");
        events.clear();
        table.hold(station("10.0.0.8"), new byte[NeighbourTable.WAITING_BYTES - 1], 0, recorder);
        assertThat(events).isEmpty();
        table.hold(station("10.0.0.8"), new byte[] {9, 9}, 0, recorder);
        assertThat(events).containsExactly("drop 0");
    }

    @Test
    void theSameAddressOnTwoLinksIsTwoNeighbours() {
        table.confirm(station("10.0.0.7"), MAC, true, 0, recorder);
        IpAddress ip = IpAddress.of("10.0.0.7");
        assertThat(table.find(1, ip.high(), ip.low(), 0)).isEqualTo(NeighbourTable.UNRESOLVED);
    }

    @Test
    void aFullTableGivesUpWhoWasUsedLongestAgoAndFindsAllOthers() {
        Random random = new Random(3);
        List<Station> stations = new ArrayList<>();
        for (int i = 0; i < NeighbourTable.CAPACITY + 300; i++) {
            Station station = new Station(random.nextInt(3), random.nextLong(), random.nextLong());
            stations.add(station);
            table.confirm(station, i, true, i, recorder);
        }
        assertThat(table.size()).isEqualTo(NeighbourTable.CAPACITY);
        for (int i = 0; i < stations.size(); i++) {
            Station s = stations.get(i);
            long expected = i < 300 ? NeighbourTable.UNRESOLVED : i;
            assertThat(table.find(s.interfaceIndex(), s.high(), s.low(), stations.size()))
                    .isEqualTo(expected);
        }
    }

    @Test
    void theUnusedAreForgottenAfterTenMinutes() {
        table.confirm(station("10.0.0.7"), MAC, true, 0, recorder);
        hold("10.0.0.8", 1, 0);
        poll(0);
        for (int second = 1; second < 10; second++) {
            poll(second);
        }
        assertThat(table.size()).isEqualTo(1);
        poll(601);
        assertThat(table.size()).isZero();
    }
}
