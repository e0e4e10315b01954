# Sourced by perf/speed and perf/gaps: builds the module; sets java, which runs its classes as tools/vipline starts the JVM.
find_jdk
find_maven
mkdir -p "$root/perf/target"
build=$root/perf/target/build.log
if ! (cd "$root" && JAVA_HOME=$jdk mvn -B -Dmaven.test.skip=true -pl perf -am package) >"$build" 2>&1 </dev/null; then
    grep -E '^\[ERROR\]' "$build" | head -40 >&2
    fail "the build failed; all it said is in $build"
fi
jars=("$root"/perf/target/lib/*.jar "$root"/perf/target/vipline-perf-*.jar)
# shellcheck disable=SC2034,SC2206 # used by who sources this; options are words
java=("$jdk/bin/java" -XX:+UseSerialGC -XX:-UseCompressedOops
    --add-exports java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED
    --sun-misc-unsafe-memory-access=allow -Dagrona.disable.bounds.checks=true ${VIPLINE_JAVA_OPTS:-}
    -cp "$(IFS=: && echo "${jars[*]}")")
