package io.vipline.tools.verify;

import io.vipline.rules.net.Protocol;

/** What people call an IP protocol. */
final class ProtocolName {
    private ProtocolName() {}

    static String of(int number) {
        return Protocol.ofNumber(number).map(Protocol::text).orElse("protocol " + number);
    }
}
