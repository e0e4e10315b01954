package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.ManifestSource;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class SysctlOptionsTest {
    @DisplayName("a setting is what --sysctl says, else what kube-proxy writes, else the kernel's default")
    @ParameterizedTest(name = "conntrack: {0}, {1}: {2} is {3}")
    @CsvSource(delimiter = '|', textBlock = """
            {}                                | | TCP_TIMEOUT_ESTABLISHED | 86400
            {}                                | | TCP_TIMEOUT_CLOSE_WAIT  | 3600
            {}                                | | UDP_TIMEOUT             | 30
            {}                                | | TCP_BE_LIBERAL          | 0
            {tcpEstablishedTimeout: 0s}       | | TCP_TIMEOUT_ESTABLISHED | 432000
            {tcpCloseWaitTimeout: 0s}         | | TCP_TIMEOUT_CLOSE_WAIT  | 60
            {tcpEstablishedTimeout: 2h}       | | TCP_TIMEOUT_ESTABLISHED | 7200
            {tcpCloseWaitTimeout: 1500ms}     | | TCP_TIMEOUT_CLOSE_WAIT  | 1
            {udpTimeout: 40s}                 | | UDP_TIMEOUT             | 40
            {udpStreamTimeout: 50s}           | | UDP_TIMEOUT_STREAM      | 50
            {tcpBeLiberal: true}              | | TCP_BE_LIBERAL          | 1
            {tcpBeLiberal: true}  | nf_conntrack_tcp_be_liberal=0                            | TCP_BE_LIBERAL | 0
            {udpTimeout: 40s}     | net.netfilter.nf_conntrack_udp_timeout=41                | UDP_TIMEOUT    | 41
            {}                    | net/netfilter/nf_conntrack_udp_timeout = 42              | UDP_TIMEOUT    | 42
            {}                    | ipfrag_time=1                                            | IPFRAG_TIME    | 1
            {}                    | nf_conntrack_icmp_timeout=7                              | ICMPV6_TIMEOUT | 30
            """)
    void values(String conntrack, String setting, Sysctl sysctl, long value) throws IOException {
        SysctlOptions options = new SysctlOptions();
        CommandLine line = new CommandLine(CommandLine.Model.CommandSpec.create());
        line.addMixin("sysctls", options);
        line.parseArgs(setting == null ? new String[0] : new String[] {"--sysctl", setting});
        String text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack: ";
        KubeProxyConfiguration kubeProxy = KubeProxyConfiguration.read(
                ManifestSource.of("kube-proxy.yaml", new StringReader(text + conntrack + "\n")));
        assertThat(kubeProxy.problems()).isEmpty();
        Sysctls sysctls = options.over(kubeProxy.conntrack(), Optional.empty());
        assertThat(sysctls.get(sysctl)).isEqualTo(value);
    }
}
