package io.vipline.tools;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** JSON as contract/cli.md wants it: one object a line. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static String line(Object value) throws IOException {
        return MAPPER.writeValueAsString(value);
    }
}
