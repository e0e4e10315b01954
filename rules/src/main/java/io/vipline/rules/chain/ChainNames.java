package io.vipline.rules.chain;

import io.vipline.rules.policy.ServicePortName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Names of kube-proxy's per-Service and per-endpoint chains: a prefix and the first 80 bits of a SHA-256 in base 32
 * ({@code pkg/proxy/iptables/proxier.go}, portProtoHash and servicePortEndpointChainName). Holds a digest: one per
 * thread.
 */
final class ChainNames {
    static final String CLUSTER_PREFIX = "KUBE-SVC-";
    static final String LOCAL_PREFIX = "KUBE-SVL-";
    static final String FIREWALL_PREFIX = "KUBE-FW-";
    static final String EXTERNAL_PREFIX = "KUBE-EXT-";
    static final String ENDPOINT_PREFIX = "KUBE-SEP-";

    /** RFC 4648 section 6. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static final int HASH_CHARACTERS = 16;

    private final MessageDigest digest;
    private final char[] characters = new char[ENDPOINT_PREFIX.length() + HASH_CHARACTERS];

    ChainNames() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** What the hash of a Service port is taken of: {@code ns/name:port} and {@code tcp}, without a separator. */
    static String hashed(ServicePortName port) {
        return port.text() + port.protocol().text();
    }

    /** @param hashed {@link #hashed}, shared by the chains of a Service port */
    String service(String prefix, String hashed) {
        digest.update(hashed.getBytes(StandardCharsets.UTF_8));
        return name(prefix);
    }

    /** @param endpoint {@code ip:port} */
    String endpoint(String hashed, String endpoint) {
        digest.update(hashed.getBytes(StandardCharsets.UTF_8));
        digest.update(endpoint.getBytes(StandardCharsets.UTF_8));
        return name(ENDPOINT_PREFIX);
    }

    private String name(String prefix) {
        byte[] hash = digest.digest();
        int length = prefix.length();
        prefix.getChars(0, length, characters, 0);
        int bits = 0;
        int held = 0;
        int at = 0;
        for (int i = 0; i < HASH_CHARACTERS; i++) {
            if (held < 5) {
                bits = bits << 8 | hash[at++] & 0xff;
                held += 8;
            }
            held -= 5;
            characters[length + i] = ALPHABET.charAt(bits >>> held & 31);
        }
        return new String(characters, 0, length + HASH_CHARACTERS);
    }
}
