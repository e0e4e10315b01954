/*
 * What a packet loop in plain C costs on this machine: maps a capture, parses Ethernet and IPv4, looks the flow up in an
 * open-addressed hash, rewrites it as a Service's data path does (destination address and port, TTL, checksums by RFC
 * 1624) and copies the frame into an output area. The work of `vipline replay` without -w over the same file, less what
 * C programs of this kind leave out: rules (a new flow gets an endpoint made up from its hash), the states of TCP,
 * IPv6, reports. Prints one line a round: nanoseconds a frame.
 *
 * usage: yardstick [--rounds N] [--prefetch] CAPTURE.pcap
 *   --prefetch  parses frames by 16 and fetches their flows before it looks them up
 *
 * The capture: pcap, little-endian, micro- or nanoseconds, Ethernet.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_HEADER_BYTES = 24,
    RECORD_HEADER_BYTES = 16,
    ETHERNET_BYTES = 14,
    IPV4_BYTES = 20,
    TCP = 6,
    UDP = 17,
    BATCH = 16,
    AREA_BYTES = 1 << 20,
    LONGEST_FRAME = 1 << 18,
    FIRST_SLOTS = 1 << 12,
};

/* Two of them share a cache line. Addresses and ports stay in network order. */
struct flow {
    uint32_t source, destination;
    uint32_t ports;
    uint8_t protocol, used;
    uint16_t new_port;
    uint32_t new_destination;
    uint32_t frames;
    uint64_t last_seen;
};

struct table {
    struct flow *flows;
    uint64_t mask;
    uint64_t used;
};

struct packet {
    const uint8_t *frame;
    uint32_t length;
    uint32_t source, destination, ports;
    uint64_t time;
    uint64_t hash;
    uint16_t transport;
    uint8_t protocol;
    bool known_kind;
};

struct run {
    const uint8_t *capture;
    size_t capture_bytes;
    struct table table;
    uint8_t *area;
    uint32_t area_used;
    uint64_t frames, rewritten, passed;
};

static void die(const char *what) {
    fprintf(stderr, "yardstick: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static inline uint32_t load32(const void *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

static inline uint16_t load16(const void *at) {
    uint16_t value;
    memcpy(&value, at, 2);
    return value;
}

static inline void store32(void *at, uint32_t value) { memcpy(at, &value, 4); }

static inline void store16(void *at, uint16_t value) { memcpy(at, &value, 2); }

static inline uint64_t hash_of(uint32_t source, uint32_t destination, uint32_t ports, uint8_t protocol) {
    uint64_t h = ((uint64_t)source << 32 | destination) * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    h = (h + ports + protocol) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 29;
}

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m'), over words in network order, whose order folding does not mind. */
static inline uint16_t updated(uint16_t checksum, uint64_t difference) {
    uint64_t sum = (uint16_t)~checksum + difference;
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)~sum;
}

static struct flow *allocate(uint64_t slots) {
    struct flow *flows = mmap(NULL, slots * sizeof *flows, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (flows == MAP_FAILED) {
        die("no memory for flows");
    }
    return flows;
}

static void grow(struct table *table) {
    struct table larger = {allocate((table->mask + 1) * 2), table->mask * 2 + 1, table->used};
    for (uint64_t i = 0; i <= table->mask; i++) {
        const struct flow *flow = &table->flows[i];
        if (flow->used) {
            uint64_t slot = hash_of(flow->source, flow->destination, flow->ports, flow->protocol) & larger.mask;
            while (larger.flows[slot].used) {
                slot = (slot + 1) & larger.mask;
            }
            larger.flows[slot] = *flow;
        }
    }
    munmap(table->flows, (table->mask + 1) * sizeof *table->flows);
    *table = larger;
}

static struct flow *find_or_insert(struct table *table, const struct packet *packet) {
    uint64_t slot = packet->hash & table->mask;
    for (;; slot = (slot + 1) & table->mask) {
        struct flow *flow = &table->flows[slot];
        if (!flow->used) {
            break;
        }
        if (flow->source == packet->source && flow->destination == packet->destination &&
            flow->ports == packet->ports && flow->protocol == packet->protocol) {
            return flow;
        }
    }
    if (table->used * 2 > table->mask) {
        grow(table);
        return find_or_insert(table, packet);
    }
    table->used++;
    struct flow *flow = &table->flows[slot];
    flow->source = packet->source;
    flow->destination = packet->destination;
    flow->ports = packet->ports;
    flow->protocol = packet->protocol;
    flow->used = 1;
    flow->new_destination = htonl(0x0af40000u | (uint32_t)(packet->hash >> 40 & 0xffff));
    flow->new_port = htons(8080);
    return flow;
}

/* Reads the record at *at and moves *at behind it; false at the end. */
static inline bool next_record(const struct run *run, size_t *at, struct packet *packet) {
    if (run->capture_bytes - *at < RECORD_HEADER_BYTES) {
        return false;
    }
    const uint8_t *record = run->capture + *at;
    uint32_t length = load32(record + 8);
    if (length > run->capture_bytes - *at - RECORD_HEADER_BYTES || length > LONGEST_FRAME) {
        return false;
    }
    packet->time = (uint64_t)load32(record) * 1000000000u + load32(record + 4);
    packet->frame = record + RECORD_HEADER_BYTES;
    packet->length = length;
    *at += RECORD_HEADER_BYTES + length;
    return true;
}

static inline void parse(struct packet *packet) {
    const uint8_t *ip = packet->frame + ETHERNET_BYTES;
    packet->known_kind = false;
    if (packet->length < ETHERNET_BYTES + IPV4_BYTES || load16(packet->frame + 12) != htons(0x0800) || ip[0] >> 4 != 4) {
        return;
    }
    uint32_t header = (ip[0] & 15u) * 4;
    uint32_t total = ntohs(load16(ip + 2));
    uint32_t transport_bytes = ip[9] == TCP ? 20 : 8;
    if (header < IPV4_BYTES || total < header + transport_bytes || total > packet->length - ETHERNET_BYTES ||
        (load16(ip + 6) & htons(0x3fff)) != 0 || (ip[9] != TCP && ip[9] != UDP) || ip[8] <= 1) {
        return;
    }
    packet->known_kind = true;
    packet->protocol = ip[9];
    packet->source = load32(ip + 12);
    packet->destination = load32(ip + 16);
    packet->transport = (uint16_t)(ETHERNET_BYTES + header);
    packet->ports = load32(packet->frame + packet->transport);
    packet->hash = hash_of(packet->source, packet->destination, packet->ports, packet->protocol);
}

static inline uint8_t *copy_out(struct run *run, const struct packet *packet) {
    if (run->area_used + packet->length > AREA_BYTES) {
        run->area_used = 0;
    }
    uint8_t *out = run->area + run->area_used;
    run->area_used += (packet->length + 7) & ~7u;
    memcpy(out, packet->frame, packet->length);
    return out;
}

static inline void rewrite(uint8_t *out, const struct packet *packet, const struct flow *flow) {
    uint8_t *ip = out + ETHERNET_BYTES;
    uint8_t *transport = out + packet->transport;
    uint16_t old_port = load16(transport + 2);
    uint64_t addresses = (uint64_t)(uint32_t)~packet->destination + flow->new_destination;
    uint64_t ports = (uint64_t)(uint16_t)~old_port + flow->new_port;
    uint16_t old_ttl = load16(ip + 8);
    ip[8]--;
    uint64_t ttl = (uint64_t)(uint16_t)~old_ttl + load16(ip + 8);
    store32(ip + 16, flow->new_destination);
    store16(transport + 2, flow->new_port);
    store16(ip + 10, updated(load16(ip + 10), addresses + ttl));
    uint8_t *checksum = transport + (packet->protocol == TCP ? 16 : 6);
    uint16_t old = load16(checksum);
    if (packet->protocol == UDP) {
        uint16_t sum = updated(old, addresses + ports);
        store16(checksum, old == 0 ? 0 : sum == 0 ? 0xffff : sum);
    } else {
        store16(checksum, updated(old, addresses + ports));
    }
}

static inline void forward(struct run *run, struct packet *packet) {
    run->frames++;
    uint8_t *out = copy_out(run, packet);
    if (!packet->known_kind) {
        run->passed++;
        return;
    }
    struct flow *flow = find_or_insert(&run->table, packet);
    flow->frames++;
    flow->last_seen = packet->time;
    rewrite(out, packet, flow);
    run->rewritten++;
}

static void round_plain(struct run *run) {
    size_t at = FILE_HEADER_BYTES;
    struct packet packet;
    while (next_record(run, &at, &packet)) {
        parse(&packet);
        forward(run, &packet);
    }
}

static void round_prefetching(struct run *run) {
    size_t at = FILE_HEADER_BYTES;
    struct packet packets[BATCH];
    int count;
    do {
        count = 0;
        while (count < BATCH && next_record(run, &at, &packets[count])) {
            parse(&packets[count]);
            if (packets[count].known_kind) {
                __builtin_prefetch(&run->table.flows[packets[count].hash & run->table.mask], 1);
            }
            count++;
        }
        for (int i = 0; i < count; i++) {
            forward(run, &packets[i]);
        }
    } while (count == BATCH);
}

static void map(struct run *run, const char *name) {
    int file = open(name, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) {
        die(name);
    }
    run->capture_bytes = (size_t)status.st_size;
    run->capture = mmap(NULL, run->capture_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (run->capture == MAP_FAILED) {
        die(name);
    }
    uint32_t magic = run->capture_bytes < FILE_HEADER_BYTES ? 0 : load32(run->capture);
    if ((magic != 0xa1b2c3d4u && magic != 0xa1b23c4du) || load32(run->capture + 20) != 1) {
        die("no little-endian pcap file of Ethernet frames");
    }
    close(file);
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int count, char **words) {
    long rounds = 5;
    bool prefetching = false;
    int i = 1;
    for (; i < count && words[i][0] == '-'; i++) {
        if (strcmp(words[i], "--prefetch") == 0) {
            prefetching = true;
        } else if (strcmp(words[i], "--rounds") == 0 && i + 1 < count) {
            rounds = strtol(words[++i], NULL, 10);
        } else {
            break;
        }
    }
    if (i + 1 != count || rounds < 1) {
        fprintf(stderr, "usage: yardstick [--rounds N] [--prefetch] CAPTURE.pcap\n");
        return 2;
    }
    struct run run = {.table = {allocate(FIRST_SLOTS), FIRST_SLOTS - 1, 0}, .area = malloc(AREA_BYTES + LONGEST_FRAME)};
    if (run.area == NULL) {
        die("no memory");
    }
    map(&run, words[i]);
    for (long round = 0; round < rounds; round++) {
        uint64_t before = run.frames;
        double start = now_ns();
        if (prefetching) {
            round_prefetching(&run);
        } else {
            round_plain(&run);
        }
        printf("%.2f\n", (now_ns() - start) / (double)(run.frames - before));
    }
    fprintf(stderr, "yardstick: %lu frames, %lu rewritten, %lu passed, %lu flows\n", (unsigned long)run.frames,
            (unsigned long)run.rewritten, (unsigned long)run.passed, (unsigned long)run.table.used);
    return 0;
}
