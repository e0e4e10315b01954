# Sourced by tools/vipline and tools/test: finds the JDK and Maven, or says what to install.

# A JDK 25 as its release file says: asking java itself would cost a start.
is_jdk_25() {
    [[ -x $1/bin/javac && -r $1/release ]] && grep -q '^JAVA_VERSION="25' "$1/release"
}

# Sets jdk to the home of a JDK 25.
find_jdk() {
    local candidate path_java
    if [[ -n ${VIPLINE_JAVA_HOME:-} ]]; then
        is_jdk_25 "$VIPLINE_JAVA_HOME" || fail "VIPLINE_JAVA_HOME=$VIPLINE_JAVA_HOME is no JDK 25"
        jdk=$VIPLINE_JAVA_HOME
        return
    fi
    path_java=$(command -v java) && path_java=$(readlink -f "$path_java")
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* "${path_java%/bin/java}"; do
        if [[ -n $candidate ]] && is_jdk_25 "$candidate"; then
            jdk=$candidate
            return
        fi
    done
    fail "needs a JDK 25 and found none in JAVA_HOME, /usr/lib/jvm or PATH.
  Install one (as root: apt-get install -y openjdk-25-jdk-headless, or temurin-25-jdk, where your Debian has it),
  or unpack one anywhere and set VIPLINE_JAVA_HOME to it."
}

find_maven() {
    command -v mvn >/dev/null || fail "needs Maven to build.
  Install it (as root): apt-get install -y maven"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}
