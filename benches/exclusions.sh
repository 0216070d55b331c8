#!/bin/sh
# Throughput and memory of `dumpsert convert --exclude-demo` with its cascade, on full dumps of 1.1 GB, which are read
# twice: once to learn what goes, once to write. Without exclusions the same file shows what the rest takes.
# Needs the release programs, GNU time, and 1.2 GB in TMPDIR. Prints a Markdown table; MB/s are per reading and second
# of processor time (user and system), so that what else runs on the machine counts little.
# usage: benches/exclusions.sh [MEGABYTES=1100]
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
[ -x "$bin/dumpsert" ] && [ -x "$bin/generate" ] ||
    { echo 'First: cargo build --release -p dumpsert-benches -p dumpsert --features dumpsert/cli' >&2; exit 2; }
dump=$(mktemp)
trap 'rm -f "$dump" "$dump".*' EXIT
trap 'exit 130' INT TERM

echo '| dump | style | options | left out | excluded keys | peak kB | CPU s | MB/s per reading |'
echo '|---|---|---|---|---|---|---|---|'
for input in 'tenants 0' 'tenants 10' 'tenants 75' 'tenants-copy 10'; do
    kind=${input% *} percent=${input#* }
    "$bin/generate" "$kind" "${1:-1100}" "$percent" > "$dump"
    bytes=$(wc -c < "$dump")
    styles='rows staged'
    [ "$kind" = tenants ] || styles=staged
    for style in $styles; do
        for options in '' --exclude-demo; do
            # shellcheck disable=SC2086 # one option, or none
            command time -f '%M %U %S' -o "$dump.time" "$bin/dumpsert" convert --report "$dump.report" --quiet \
                --style "$style" $options "$dump" > /dev/null
            left=$(grep -o '"\(demo\|cascade: [^"]*\)": *[0-9]*' "$dump.report" | awk '{ sum += $NF } END { print sum + 0 }')
            # Only keys that something references are kept: those of businesses and products.
            keys=$(grep -o '"demo": *[0-9]*' "$dump.report" | awk '{ sum += $NF } END { print sum + 0 }')
            readings=2
            [ "$style" = rows ] || [ -n "$options" ] || readings=1
            awk -v dump="$kind, $percent % demos" -v style="$style" -v options="$options" -v left="$left" -v keys="$keys" \
                -v bytes="$bytes" -v readings="$readings" '{
                printf "| %s | %s | %s | %d | %d | %d | %.2f | %.0f |\n", dump, style, options, left, keys, $1, $2 + $3,
                    bytes * readings / 1e6 / ($2 + $3) }' "$dump.time"
        done
    done
done
