package io.vipline.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.Command;

/** {@code vipline version}. */
@Command(
        name = "version",
        header = "Show the version of Vipline and of the Java that runs it.",
        footer = {"  vipline version", "  tools/vipline version", "  vipline version | head -1"})
final class Version extends Verb {
    @Override
    public Integer call() throws IOException {
        Properties build = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
            build.load(in);
        }
        out().println("vipline " + build.getProperty("version"));
        out().println("java " + Runtime.version());
        return ExitCode.OK;
    }
}
