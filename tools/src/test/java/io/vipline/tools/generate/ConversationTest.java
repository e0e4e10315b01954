package io.vipline.tools.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.tools.generate.Conversation.Step;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationTest {
    @ParameterizedTest(name = "{0} frames over {1}, answered: {2}, are {3}")
    @CsvSource({
        "1, TCP, true, SYN",
        "2, TCP, true, SYN SYN_ACK",
        "3, TCP, true, SYN SYN_ACK ACK",
        "4, TCP, true, SYN SYN_ACK ACK REQUEST",
        "5, TCP, true, SYN SYN_ACK ACK REQUEST REPLY",
        "6, TCP, true, SYN SYN_ACK ACK FIN FIN_REPLY ACK",
        "7, TCP, true, SYN SYN_ACK ACK ACK FIN FIN_REPLY ACK",
        "8, TCP, true, SYN SYN_ACK ACK REQUEST REPLY FIN FIN_REPLY ACK",
        "9, TCP, true, SYN SYN_ACK ACK REQUEST REPLY ACK FIN FIN_REPLY ACK",
        "10, TCP, true, SYN SYN_ACK ACK REQUEST REPLY REQUEST REPLY FIN FIN_REPLY ACK",
        "3, TCP, false, SYN SYN SYN",
        "1, UDP, true, REQUEST",
        "3, UDP, true, REQUEST REPLY REQUEST",
        "3, UDP, false, REQUEST REQUEST REQUEST",
    })
    void script(int frames, Protocol protocol, boolean answered, String steps) {
        IpAddress client = IpAddress.of("10.244.0.5");
        IpPort service = new IpPort(IpAddress.of("10.96.0.1"), 80);
        Conversation conversation = new Conversation();
        conversation.frames = frames;
        conversation.open(
                new Destination("default/web", protocol, service, new Clients.Listed(List.of(client)), answered),
                client,
                40_000,
                7);
        StringBuilder said = new StringBuilder();
        while (!conversation.isOver()) {
            Step step = conversation.next();
            said.append(said.isEmpty() ? "" : " ").append(step);
            conversation.said(step, 10);
        }
        assertThat(said.toString()).isEqualTo(steps);
    }
}
