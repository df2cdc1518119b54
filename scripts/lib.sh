# Shared by the scripts: steps with their times, packages, tests and their sum. Sourced, never run.
#
#   varve_packages NAME...       installs by apt what is missing (root or sudo)
#   varve_step NAME COMMAND...   runs one step into a log; shows progress, time, and the end of the log if it fails
#   varve_build PRESET [-D...]   configures and builds
#   varve_ctest PRESET [ARG...]  runs the tests, shows what failed or was skipped and why, adds them to the sum
#   varve_finish                 prints the sum as the last line; called on every exit
#
# Environment: VARVE_JOBS (default: number of processors), VARVE_TALLY (a file that also gets the sum).

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

jobs=${VARVE_JOBS:-$(nproc 2>/dev/null || echo 2)}
logs=$top/build/logs
mkdir -p "$logs"
export DEBIAN_FRONTEND=noninteractive CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
export CTEST_PARALLEL_LEVEL=$jobs CMAKE_BUILD_PARALLEL_LEVEL=$jobs
exec </dev/null

passed=0 failed=0 skipped=0 finished=no running=

# A background process of a script ignores Ctrl-C, so it is ended by hand.
trap 'if [ -n "$running" ]; then kill "$running" 2>/dev/null || true; fi; exit 130' INT TERM

build_packages=(g++ cmake ninja-build ccache git pkg-config libsqlite3-dev libprotobuf-dev protobuf-compiler
    librocksdb-dev libfmt-dev libxxhash-dev libsodium-dev libsimdjson-dev libcli11-dev sqlite3)
test_packages=(libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev)
clang_packages=(clang-19 clang-format-19 libclang-rt-19-dev)

varve_seconds() { # 75 -> "1 min 15 s"
    if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# One line of what a log says now, every 15 s, while the process lives.
varve_watch() {
    local log=$1 pid=$2 last='' now waited=0
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if ((++waited % 75 == 0)); then
            now=$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-110)
            [ "$now" = "$last" ] || printf '      %s\n' "$now"
            last=$now
        fi
    done
}

varve_run() { # NAME COMMAND...: without judging the outcome
    local name=$1 start=$SECONDS code=0
    shift
    log=$logs/${name//[^a-zA-Z0-9_.-]/-}.log
    printf '==> %s\n' "$name"
    "$@" >"$log" 2>&1 &
    running=$!
    varve_watch "$log" "$running"
    wait "$running" || code=$?
    running=
    took=$(varve_seconds $((SECONDS - start)))
    return $code
}

varve_step() {
    if varve_run "$@"; then
        printf '    done in %s\n' "$took"
    else
        failed=$((failed + 1))
        printf '    FAILED after %s; the last 30 lines of %s:\n' "$took" "$log"
        tail -n 30 "$log" | sed 's/^/    | /'
        return 1
    fi
}

varve_apt() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "neither root nor sudo: ask for: apt-get install $*"; return 1; }
        as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
    fi
    "${as_root[@]}" apt-get -o Acquire::Retries=3 -q update
    "${as_root[@]}" apt-get -o Acquire::Retries=3 -q -y --no-install-recommends install "$@"
}

varve_packages() {
    local package missing=()
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        printf '==> packages: all there\n'
    else
        varve_step "packages" varve_apt "${missing[@]}"
    fi
}

varve_build() {
    local preset=$1
    shift
    varve_step "configure $preset" cmake --preset "$preset" "$@" &&
        varve_step "build $preset" cmake --build "build/$preset" -j "$jobs"
}

# Reads a JUnit file of ctest: the counts first, then what was not passed, with the end of what it said.
varve_read_junit() {
    awk '
        function plain(s) { gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s)
                            gsub(/&#xA;|&#10;/, "", s); gsub(/&amp;/, "\\&", s); return s }
        function close_case(   i, from) {
            if (name == "") return
            if (state == "skipped") {
                print "    skipped: " name ": " (reason == "" ? "no reason given" : reason)
            } else if (state == "failed") {
                print "    FAILED: " name
                if (++shown <= 5) {
                    from = n > 30 ? n - 30 : 0
                    for (i = from; i < n; ++i) print "    | " out[i]
                }
            }
            count[state]++
            name = ""
        }
        /<testcase / { match($0, / name="[^"]*"/); name = plain(substr($0, RSTART + 7, RLENGTH - 8))
                       state = "passed"; reason = ""; n = 0; next_is_reason = 0 }
        /<testcase .*status="(fail|notrun)"/ { state = "failed" }
        /<skipped/ || /status="disabled"/ { state = "skipped"
                     if (match($0, /message="[^"]*"/)) { reason = substr($0, RSTART + 9, RLENGTH - 10)
                                                         if (reason ~ /^SKIP_/) reason = ""
                                                         else if (reason !~ /Disabled/) state = "failed" } }
        /<failure/ { state = "failed" }
        { line = $0; sub(/^.*<system-out>/, "", line); sub(/<\/system-out>.*$/, "", line)
          if (name != "" && $0 !~ /<(\/?testcase|properties|property|\/properties|skipped|failure)/) {
              line = plain(line); out[n++] = line
              if (next_is_reason) { if (reason == "" && line != "") reason = line; next_is_reason = 0 }
              if (line ~ /: Skipped$/) next_is_reason = 1 } }
        /<\/testcase>/ { close_case() }
        END { print "counts", count["passed"] + 0, count["failed"] + 0, count["skipped"] + 0 }
    ' "$1"
}

varve_ctest() {
    local preset=$1 junit code=0 label good bad left wrapped=()
    shift
    junit=$logs/$preset.junit.xml
    rm -f "$junit"
    # Sanitizers map memory at fixed places; address randomisation of some kernels is in their way.
    case $preset in asan | tsan) if setarch -R true 2>/dev/null; then wrapped=(setarch -R); fi ;; esac
    varve_run "test $preset" "${wrapped[@]}" ctest --preset "$preset" "$@" --output-junit "$junit" || code=$?
    if [ ! -s "$junit" ]; then
        failed=$((failed + 1))
        printf '    FAILED: ctest gave no result; the last 30 lines of %s:\n' "$log"
        tail -n 30 "$log" | sed 's/^/    | /'
        return 1
    fi
    varve_read_junit "$junit" >"$junit.txt"
    grep -v '^counts ' "$junit.txt" || true
    read -r label good bad left < <(grep '^counts ' "$junit.txt")
    # A run that ctest calls failed has a failure, whatever the cases say.
    if ((code != 0 && bad == 0)); then
        bad=1
        tail -n 30 "$log" | sed 's/^/    | /'
    fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
    printf '    %s passed, %s failed, %s skipped in %s; log: %s\n' "$good" "$bad" "$left" "$took" "$log"
    ((bad == 0))
}

varve_finish() {
    local code=$?
    [ $finished = no ] || return 0
    finished=yes
    # An exit that no step explains is a failure too.
    if ((code != 0 && failed == 0)); then failed=1; fi
    if [ -n "${VARVE_TALLY:-}" ]; then echo "$passed $failed $skipped" >>"$VARVE_TALLY"; fi
    printf 'total time %s\n' "$(varve_seconds $SECONDS)"
    printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
    exit $((failed > 0))
}
