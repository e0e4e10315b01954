package io.vipline.tools;

import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.DropReason;
import io.vipline.tools.ReplaySummary.EndpointCount;
import io.vipline.tools.ReplaySummary.ServiceCount;
import java.io.PrintWriter;
import java.util.Locale;

/** A replay's summary for people. */
final class ReplayTable {
    private final PrintWriter out;

    ReplayTable(PrintWriter out) {
        this.out = out;
    }

    void print(ReplaySummary summary, boolean stopped) {
        if (stopped) {
            out.println("Stopped before the capture's end.");
        }
        row("FRAMES", summary.frames(), "");
        row("  forwarded", summary.forwarded(), summary.translated() + " of them translated");
        row("  rejected", summary.rejected(), "");
        summary.dropped()
                .forEach((reason, count) -> row(
                        "  dropped " + reason, count, DropReason.valueOf(reason).sentence()));
        summary.consumed().forEach((reason, count) -> row("  consumed " + ConsumedReason.valueOf(reason), count, ""));
        summary.generated().forEach((kind, count) -> row("GENERATED " + kind, count, ""));
        summary.withheld().forEach((kind, count) -> row("WITHHELD " + kind, count, "by the limits of icmp_ratelimit"));
        summary.inexactClientReplies().forEach((cause, count) -> row("INEXACT REPLIES " + cause, count, ""));
        row("FLOWS", summary.flows(), "");
        services(summary);
        out.printf(
                Locale.ROOT,
                "%n%.1f ns a frame, %,d frames a second%n",
                summary.nanosPerFrame(),
                summary.framesPerSecond());
        if (summary.sha256() != null) {
            out.println("sha256 " + summary.sha256());
        }
    }

    private void row(String title, long count, String remark) {
        out.println(String.format(Locale.ROOT, "%-34s %12d  %s", title, count, remark)
                .stripTrailing());
    }

    private void services(ReplaySummary summary) {
        if (summary.services().isEmpty()) {
            return;
        }
        out.printf("%n%-34s %-26s %10s %10s%n", "SERVICE", "ENDPOINT", "PACKETS", "FLOWS");
        for (ServiceCount service : summary.services()) {
            String name = TerminalText.plain(service.service());
            for (EndpointCount endpoint : service.endpoints()) {
                out.printf("%-34s %-26s %10d %10d%n", name, endpoint.address(), endpoint.packets(), endpoint.flows());
            }
            if (service.endpoints().size() > 1) {
                out.printf(
                        Locale.ROOT,
                        "%-34s %-26s %10d %10d  chi-square %.2f, p = %.3f%n",
                        name,
                        "(all)",
                        service.packets(),
                        service.flows(),
                        service.chiSquare(),
                        service.pValue());
            }
        }
    }
}
