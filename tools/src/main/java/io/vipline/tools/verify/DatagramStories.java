package io.vipline.tools.verify;

/** UDP. */
final class DatagramStories {
    private final Dice dice;

    DatagramStories(Dice dice) {
        this.dice = dice;
    }

    /** Requests, most of them answered. */
    Script exchange(Flow flow) {
        Script script = new Script("UDP requests and answers", flow);
        for (int i = dice.below(4); i >= 0; i--) {
            script.request(dice.header(), new Segment.Udp(dice.payload(), true));
            for (int answers = dice.below(3); answers > 0; answers--) {
                script.reply(dice.header(), new Segment.Udp(dice.payload(), true));
            }
        }
        return script;
    }

    /** Without a checksum, which IPv4 allows and IPv6 does not. */
    Script unsummed(Flow flow) {
        Script script = new Script("UDP without checksums", flow);
        script.request(dice.header(), new Segment.Udp(dice.payload(), false));
        script.reply(dice.header(), new Segment.Udp(dice.payload(), false));
        script.request(dice.header(), new Segment.Udp(dice.payload(), true));
        return script;
    }
}
