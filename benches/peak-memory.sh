#!/bin/sh
# Peak memory of `dumpsert convert`: on dumps of 1.1 GB, and on one with a single value of 600 MB.
# Needs Linux (VmHWM in /proc), the release programs, and 1.2 GB in TMPDIR.
set -eu
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
[ -x "$bin/dumpsert" ] && [ -x "$bin/generate" ] ||
    { echo 'First: cargo build --release -p dumpsert-benches -p dumpsert --features dumpsert/cli' >&2; exit 2; }
dump=$(mktemp)
trap 'rm -f "$dump"' EXIT
trap 'exit 130' INT TERM

for input in 'inserts 1100' 'copy 1100' 'value 600'; do
    # shellcheck disable=SC2086 # two words
    "$bin/generate" $input > "$dump"
    bytes=$(wc -c < "$dump")
    for style in rows staged; do
        start=$(date +%s%N)
        "$bin/dumpsert" convert --quiet --style "$style" "$dump" > /dev/null &
        pid=$!
        peak=0
        # VmHWM only grows; what is read last is at most some milliseconds old.
        while line=$(grep -s VmHWM "/proc/$pid/status"); do
            now=$(echo "$line" | tr -dc 0-9)
            [ "$now" -gt "$peak" ] && peak=$now
            sleep 0.01
        done
        wait "$pid"
        ms=$((($(date +%s%N) - start) / 1000000))
        echo "$input MB, style $style: $bytes bytes, peak $peak kB, $ms ms, $((bytes / 1000 / (ms + 1))) MB/s"
    done
done
