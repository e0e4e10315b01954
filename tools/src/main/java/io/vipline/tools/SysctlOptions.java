package io.vipline.tools;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.manifest.ConntrackSettings;
import io.vipline.rules.manifest.NearName;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ProxyConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How the node's kernel is set: by its own defaults, then by kube-proxy, then by who calls us. */
final class SysctlOptions {
    private static final String COMMON_PREFIX = "nf_conntrack_";
    private static final int NAMES_SHOWN = 3;

    @Option(
            names = "--sysctl",
            paramLabel = "NAME=VALUE",
            converter = SettingConverter.class,
            description = "Set the node's kernel otherwise than by default or by kube-proxy, as in"
                    + " nf_conntrack_udp_timeout=60, by the name's last part or the whole of it: what conntrack, the"
                    + " joining of fragments and the limits of ICMP errors go by. Repeatable.")
    private List<Setting> settings = new ArrayList<>();

    /**
     * @param kubeProxy what kube-proxy writes about conntrack
     * @param node what else it goes by; empty: there is none on the node
     */
    Sysctls over(ConntrackSettings kubeProxy, Optional<ProxyConfig> node) {
        boolean routesLocalnet = node.isPresent()
                && node.get().localhostNodePorts()
                && NodePortAddresses.of(node.get(), IpFamily.IPV4).containsLoopback();
        Sysctls sysctls = Sysctls.KERNEL.with(Sysctl.ROUTE_LOCALNET, routesLocalnet ? 1 : 0);
        sysctls = with(sysctls, Sysctl.TCP_TIMEOUT_ESTABLISHED, kubeProxy.tcpEstablishedTimeoutNs());
        sysctls = with(sysctls, Sysctl.TCP_TIMEOUT_CLOSE_WAIT, kubeProxy.tcpCloseWaitTimeoutNs());
        sysctls = with(sysctls, Sysctl.UDP_TIMEOUT, kubeProxy.udpTimeoutNs());
        sysctls = with(sysctls, Sysctl.UDP_TIMEOUT_STREAM, kubeProxy.udpStreamTimeoutNs());
        if (kubeProxy.tcpBeLiberal()) {
            sysctls = sysctls.with(Sysctl.TCP_BE_LIBERAL, 1);
        }
        for (Setting setting : settings) {
            sysctls = sysctls.with(setting.sysctl(), setting.value());
        }
        return sysctls;
    }

    private static Sysctls with(Sysctls sysctls, Sysctl sysctl, OptionalLong ns) {
        return ns.isPresent() ? sysctls.with(sysctl, TimeUnit.NANOSECONDS.toSeconds(ns.getAsLong())) : sysctls;
    }

    /** One {@code --sysctl}. */
    record Setting(Sysctl sysctl, long value) {}

    static final class SettingConverter implements ITypeConverter<Setting> {
        @Override
        public Setting convert(String text) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new TypeConversionException(
                        "'" + text + "' is not NAME=VALUE, as in nf_conntrack_udp_timeout=60");
            }
            String name = text.substring(0, equals).strip();
            String value = text.substring(equals + 1).strip();
            Sysctl sysctl = Sysctl.named(name).orElseThrow(() -> unknown(name));
            if (!value.matches("[0-9]{1,18}") || !sysctl.takes(Long.parseLong(value))) {
                throw new TypeConversionException("'" + value + "' is no value of " + sysctl.dotted() + ": "
                        + whatItTakes(sysctl.unit()) + ", " + sysctl.kernelDefault() + " by default");
            }
            return new Setting(sysctl, Long.parseLong(value));
        }
    }

    private static String whatItTakes(Sysctl.Unit unit) {
        return switch (unit) {
            case SECONDS -> "it takes seconds, 0 to " + unit.highest();
            case SWITCH -> "it takes 0 or 1";
            case MILLISECONDS -> "it takes milliseconds, 0 to " + unit.highest();
            case COUNT, NUMBER -> "it takes 0 to " + unit.highest();
            case BYTES -> "it takes bytes, 0 to " + unit.highest();
        };
    }

    private static TypeConversionException unknown(String name) {
        String last = name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1)
                .toLowerCase(Locale.ROOT);
        List<String> known = Arrays.stream(Sysctl.values())
                .map(Sysctl::lastComponent)
                .map(SysctlOptions::withoutPrefix)
                .toList();
        List<String> near = NearName.nearest(withoutPrefix(last), known, NAMES_SHOWN).stream()
                .map(found -> Sysctl.values()[known.indexOf(found)].dotted())
                .toList();
        return new TypeConversionException(
                "'" + name + "' is no setting that counts here; the nearest are " + String.join(", ", near));
    }

    private static String withoutPrefix(String lastComponent) {
        return lastComponent.startsWith(COMMON_PREFIX)
                ? lastComponent.substring(COMMON_PREFIX.length())
                : lastComponent;
    }
}
