package io.vipline.rules.chain.nft;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.ServicePortName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Names of the chains and sets of Service ports and endpoints: prefix, the first 40 bits of a SHA-256 in base 32, and the
 * hashed text itself ({@code pkg/proxy/nftables/proxier.go}, servicePortChainNameBase and
 * servicePortEndpointChainNameBase). Holds a digest: one per thread.
 */
final class NftNames {
    static final String CLUSTER_PREFIX = "service-";
    static final String LOCAL_PREFIX = "local-";
    static final String EXTERNAL_PREFIX = "external-";
    static final String FIREWALL_PREFIX = "firewall-";
    static final String ENDPOINT_PREFIX = "endpoint-";
    static final String AFFINITY_PREFIX = "affinity-";

    /** The kernel's limit for names, 256, less room for the longest prefix. */
    static final int MAX_BASE_LENGTH = 240;

    /** RFC 4648 section 6. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static final int HASH_CHARACTERS = 8;

    private final MessageDigest digest;

    NftNames() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** What the names of a Service port are made of: {@code ns/svc/tcp/port}. */
    static String hashed(ServicePortName port) {
        return port.namespace() + "/" + port.service() + "/" + port.protocol().text() + "/" + port.port();
    }

    /** The part after the prefix, shared by the chains of a Service port. @param hashed {@link #hashed} */
    String service(String hashed) {
        return hashAndTruncate(hashed);
    }

    /** The part after the prefix, shared by the chain and the affinity set of an endpoint. */
    String endpoint(String hashed, IpPort endpoint) {
        // a colon may not stand in a name
        String address = endpoint.address().toString().replace(':', '.');
        return hashAndTruncate(hashed + "__" + address + "/" + endpoint.port());
    }

    private String hashAndTruncate(String text) {
        byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
        StringBuilder name = new StringBuilder(HASH_CHARACTERS + 1 + text.length());
        long bits = 0;
        for (int i = 0; i < HASH_CHARACTERS * 5 / 8; i++) {
            bits = bits << 8 | hash[i] & 0xff;
        }
        for (int shift = (HASH_CHARACTERS - 1) * 5; shift >= 0; shift -= 5) {
            name.append(ALPHABET.charAt((int) (bits >>> shift) & 31));
        }
        name.append('-').append(text);
        if (name.length() > MAX_BASE_LENGTH) {
            name.setLength(MAX_BASE_LENGTH - 3);
            name.append("...");
        }
        return name.toString();
    }
}
