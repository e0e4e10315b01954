package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerStatus;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceStatus;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Load-balancer addresses of authored Services, as a cloud's or MetalLB's controller would set them: from ranges kept
 * for documentation (RFC 5737 TEST-NET-1, RFC 3849), so that they are nobody's.
 */
final class LoadBalancerAllocation {
    static final Cidr POOL_V4 = Cidr.of("192.0.2.0/24");
    static final Cidr POOL_V6 = Cidr.of("2001:db8:1b::/112");

    private final ProblemLog problems;
    private final Set<IpAddress> taken = new HashSet<>();
    private final AddressPool poolV4 = new AddressPool(POOL_V4, 1, 1, taken);
    private final AddressPool poolV6 = new AddressPool(POOL_V6, 1, 1, taken);

    LoadBalancerAllocation(ProblemLog problems) {
        this.problems = problems;
    }

    void allocate(List<ServiceDraft> services) {
        for (ServiceDraft service : services) {
            ingress(service).forEach(entry -> reserve(entry.getIp()));
            reserve(service.spec().getLoadBalancerIP());
            service.spec().getExternalIPs().forEach(this::reserve);
        }
        for (ServiceDraft service : services) {
            boolean open = service.authored && !service.broken && service.isLoadBalancer();
            if (open && ingress(service).isEmpty()) {
                fill(service);
            }
        }
        checkClashes(services);
    }

    private void checkClashes(List<ServiceDraft> services) {
        Map<String, ServiceDraft> owners = new HashMap<>();
        for (ServiceDraft service : services) {
            for (LoadBalancerIngress entry : ingress(service)) {
                for (ServicePort port : service.ports()) {
                    String key = entry.getIp() + " port " + port.getPort() + "/" + port.getProtocol();
                    ServiceDraft owner = entry.getIp() == null ? null : owners.putIfAbsent(key, service);
                    if (owner != null && owner != service) {
                        problems.warning(
                                service.at("spec", "loadBalancerIP"),
                                "load-balancer address " + key + " of " + service.name() + " is also " + owner.name()
                                        + "'s",
                                "its connections reach one of the two only",
                                "choose another address or leave it out");
                    }
                }
            }
        }
    }

    static List<LoadBalancerIngress> ingress(ServiceDraft service) {
        ServiceStatus status = service.parsed.object().getStatus();
        return status == null || status.getLoadBalancer() == null
                ? List.of()
                : status.getLoadBalancer().getIngress();
    }

    private void reserve(String text) {
        if (text != null) {
            IpAddress.parse(text).ifPresent(taken::add);
        }
    }

    private void fill(ServiceDraft draft) {
        List<LoadBalancerIngress> ingress = new ArrayList<>();
        Optional<IpAddress> asked =
                Optional.ofNullable(draft.spec().getLoadBalancerIP()).flatMap(IpAddress::parse);
        for (IpFamily family : draft.families()) {
            Optional<IpAddress> address =
                    asked.filter(ip -> ip.family() == family).or((family == IpFamily.IPV4 ? poolV4 : poolV6)::next);
            if (address.isEmpty()) {
                problems.error(
                        draft.at("metadata", "name"),
                        "no load-balancer address is left for " + draft.name(),
                        "every address of " + POOL_V4 + " is taken",
                        "write status.loadBalancer.ingress or spec.loadBalancerIP yourself");
                return;
            }
            LoadBalancerIngress entry = new LoadBalancerIngress();
            entry.setIp(address.get().toString());
            entry.setIpMode("VIP");
            ingress.add(entry);
        }
        Service service = draft.parsed.object();
        if (service.getStatus() == null) {
            service.setStatus(new ServiceStatus());
        }
        LoadBalancerStatus status = new LoadBalancerStatus();
        status.setIngress(ingress);
        service.getStatus().setLoadBalancer(status);
    }
}
