# Sourced by perf/compare and perf/speed: the manifest and the captures that packet loops are compared over.

# manifest SERVICES: stored objects, addresses are taken as they stand.
manifest() {
    awk -v services="$1" 'BEGIN {
        for (i = 0; i < services; i++) {
            ip = "10." (97 + int(i / 65536)) "." (int(i / 256) % 256) "." (i % 256)
            printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d, namespace: default}\n", i
            printf "spec:\n  clusterIP: %s\n  clusterIPs: [%s]\n  type: ClusterIP\n", ip, ip
            printf "  ports: [{name: p, port: 80, protocol: UDP, targetPort: 8080}]\n"
            printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
            printf "metadata: {name: s%d-x, namespace: default, labels: {kubernetes.io/service-name: s%d}}\n", i, i
            printf "addressType: IPv4\nports: [{name: p, port: 8080, protocol: UDP}]\nendpoints:\n"
            for (j = 0; j < 3; j++) {
                n = i * 3 + j
                printf "- {addresses: [10.%d.%d.%d], conditions: {ready: true}}\n",
                    128 + int(n / 65536), int(n / 256) % 256, n % 256
            }
        }
    }'
}

# prepare DIR SERVICES FRAMES FLOWS: makes what is not there yet; sets yaml and pcap.
prepare() {
    mkdir -p "$1"
    yaml=$1/services-$2.yaml
    pcap=$1/frames-$3-flows-$4-services-$2.pcap
    [[ -e $yaml ]] || { manifest "$2" >"$yaml.part" && mv "$yaml.part" "$yaml"; }
    [[ -e $pcap ]] && return
    "$vipline" generate -f "$yaml" -w "$pcap.part.pcap" --packets "$3" --flows "$4" --concurrent 2000000000 \
        --sizes 18 --one-way
    mv "$pcap.part.pcap" "$pcap"
}

median() {
    sort -n | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# steady ROUNDS: median of the rounds after the first third.
steady() {
    tail -n +$(($1 / 3 + 1)) | median
}

# in_c ROUNDS [--prefetch] CAPTURE: ns a frame of the yardstick.
in_c() {
    "$here/yardstick" --rounds "$@" 2>/dev/null | steady "$1"
}

# replayed ROUNDS FLAG…: ns a frame of vipline replay.
replayed() {
    "$vipline" replay --repeat "$@" -o json 2>/dev/null | sed -n 's/.*"steadyNanosPerFrame":\([0-9.]*\).*/\1/p'
}
