package io.vipline.tools.explain.hint;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says why a packet fares as it does where that may surprise, and what would change it. */
public final class Hints {
    private final Optional<Scene> scene;

    /** @param scene empty if only rules are known, not what they were made of */
    public Hints(Optional<Scene> scene) {
        this.scene = scene;
    }

    /** In the order of their weight; none where all is as anybody would expect. */
    public List<String> of(PacketDescription packet, Walk walk) {
        List<String> hints = new ArrayList<>();
        if (packet.state() != CtState.NEW) {
            hints.add(notNew(packet.state(), walk));
        }
        if (dropped(walk, DropCause.LOCALNET)) {
            hints.add("127.0.0.0/8 can be reached from the node itself only: the rule is there because localhost node"
                    + " ports make the kernel route these addresses");
        }
        scene.ifPresent(known -> hints.addAll(ofServices(known, packet, walk)));
        return hints;
    }

    private static List<String> ofServices(Scene scene, PacketDescription packet, Walk walk) {
        if (packet.state() != CtState.NEW) {
            return List.of();
        }
        Optional<Aim> aim = scene.aimOf(packet);
        boolean untouched = walk.outcomes().stream()
                .allMatch(outcome -> outcome.endpoint().isEmpty() && outcome.fate() instanceof Outcome.Fate.Accepted);
        boolean missesNodePort = aim.isPresent() && aim.get().by() == Aim.By.NODE_PORT && untouched;
        return aim.isPresent() && !missesNodePort
                ? new ServiceHints(scene, aim.get()).of(packet, walk)
                : new MissHints(scene, packet).all();
    }

    private static boolean dropped(Walk walk, DropCause cause) {
        return walk.outcomes().stream().anyMatch(outcome -> outcome.fate().equals(new Outcome.Fate.Dropped(cause)));
    }

    private static String notNew(CtState state, Walk walk) {
        return switch (state) {
            case INVALID ->
                "conntrack knows no connection that the packet could belong to: the nat table is not asked"
                        + (dropped(walk, DropCause.INVALID_STATE)
                                ? ", and kube-proxy drops it, because the client would answer what comes untranslated"
                                        + " with a reset"
                                : "");
            case UNTRACKED -> "conntrack does not follow this packet, so nothing can translate it";
            default ->
                "the nat table sees only the first packet of a connection: later ones go where conntrack sent that one;"
                        + " state NEW shows where";
        };
    }
}
