#!/usr/bin/env bash
# Whole restores against a real PostgreSQL, on the demo's database scaled to about 2 million rows, in one run:
#   plain     pg_dump -a source | psql target                      (into the empty schema; not a transaction)
#   plain -1  the same in one transaction, as dumpsert's script is
#   staged    pg_dump source | dumpsert convert | psql      (into the empty schema, then again without difference)
#   sync      dumpsert sync source to target                (the same, COMMIT held back until all is verified)
#   rows      pg_dump -a --column-inserts source | dumpsert | psql (into the empty schema)
# Prints seconds, ratios and WAL as a Markdown table; `benches/restore.sh > benches/record/DATE-restore.md` keeps it.
# usage: benches/restore.sh [SCALE=20] [RUNS=3]     DUMPSERT=path of the program, built by default
#        BEFORE=path of an earlier program, measured beside it in the same runs; ROWS=no leaves out style rows, the slowest
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "$0")/.." && pwd)
scale=${1:-20} runs=${2:-3}
if [ -z "${DUMPSERT:-}" ]; then
    cargo build --quiet --release --manifest-path "$root/Cargo.toml" --package dumpsert --features cli
    DUMPSERT=${CARGO_TARGET_DIR:-$root/target}/release/dumpsert
fi
# Autovacuum would run at moments of its own; checkpoints are kept out by a large max_wal_size.
# Its files are on the disk, as those of a real server.
coproc SERVER { DUMPSERT_PG_DIR=/tmp exec sh "$root/testkit/server.sh" autovacuum=off max_wal_size=16GB shared_buffers=1GB; }
{ read -r PGHOST && read -r PGPORT && read -r bindir; } <&"${SERVER[0]}"
export PGHOST PGPORT PGUSER=postgres PATH=$bindir:$PATH
trap 'exec {SERVER[1]}>&-; wait "$SERVER_PID" || :' EXIT
work=$PGHOST/bench
mkdir "$work"

createdb source
psql -X -q -v ON_ERROR_STOP=1 -v scale="$scale" -d source -f "$root/testdata/sources/demo.sql" >"$work/log" 2>&1
psql -X -q -d source -c 'VACUUM ANALYZE'
pg_dump --schema-only source >"$work/schema.sql"
createdb empty
psql -X -q -v ON_ERROR_STOP=1 -d empty -f "$work/schema.sql" >"$work/log" 2>&1

wal() { psql -X -A -t -d postgres -c "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"; }
fresh() {
    psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS target' -c 'CREATE DATABASE target TEMPLATE empty' -c CHECKPOINT 2>/dev/null
}
# Appends the seconds to $work/NAME and leaves the WAL of the last run in $work/NAME.wal
timed() { # NAME COMMAND
    local name=$1 start wal_before
    wal_before=$(wal)
    start=$EPOCHREALTIME
    bash -o pipefail -c "$2" >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err" >&2 && exit 1; }
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }' >>"$work/$name"
    awk -v a="$wal_before" -v b="$(wal)" 'BEGIN { printf "%.1f\n", (b - a) / 1048576 }' >"$work/$name.wal"
}
staged="pg_dump source | '$DUMPSERT' convert -q | psql -X target"
before="pg_dump source | '${BEFORE:-}' convert -q --style staged | psql -X target"
into_empty_and_again() { # NAME COMMAND
    fresh
    timed "$1" "$2"
    psql -X -q -d target -c 'VACUUM ANALYZE'
    timed "$1-again" "$2"
}
for ((run = 1; run <= runs; run++)); do
    fresh
    timed plain "pg_dump -a source | psql -X -q -v ON_ERROR_STOP=1 target"
    fresh
    timed plain-1 "pg_dump -a source | psql -X -q -v ON_ERROR_STOP=1 -1 target"
    into_empty_and_again staged "$staged"
    into_empty_and_again sync "'$DUMPSERT' sync -q --from source --to target"
    if [ -n "${BEFORE:-}" ]; then into_empty_and_again before "$before"; fi
    if [ "${ROWS:-yes}" = no ]; then continue; fi
    fresh
    timed rows "pg_dump -a --column-inserts source | '$DUMPSERT' convert -q --style rows --schema $work/schema.sql | psql -X -q target"
done

median() { sort -n "$work/$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$(median "$1")" -v b="$(median "$2")" 'BEGIN { printf "%.2f", a / b }'; }
rows=$(psql -X -A -t -d target -c "ANALYZE; SELECT sum(reltuples)::bigint FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace" | tail -n 1)
cat <<END
# Whole restores, $(date -u +%F)

$rows rows, $(psql -X -A -t -d source -c 'SELECT pg_size_pretty(pg_database_size(current_database()))'), $runs runs, medians. $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1). PostgreSQL $(psql -X -A -t -d source -c 'SHOW server_version'), fsync off, no autovacuum.
Command: \`benches/restore.sh $scale $runs\`

| restore | seconds | WAL MB | ratio |
|---|---|---|---|
| plain, \`pg_dump -a \| psql\` | $(median plain) | $(cat "$work/plain.wal") | 1 |
| plain in one transaction, \`psql -1\` | $(median plain-1) | $(cat "$work/plain-1.wal") | $(ratio plain-1 plain) × plain |
| staged, into the empty schema | $(median staged) | $(cat "$work/staged.wal") | $(ratio staged plain) × plain |
| staged again, no difference | $(median staged-again) | $(cat "$work/staged-again.wal") | $(ratio staged-again staged) × staged; WAL $(awk -v a="$(cat "$work/staged-again.wal")" -v b="$(cat "$work/staged.wal")" 'BEGIN { printf "%.2f", 100 * a / b }') % of staged's |
| sync, into the empty schema | $(median sync) | $(cat "$work/sync.wal") | $(ratio sync plain) × plain |
| sync again, no difference | $(median sync-again) | $(cat "$work/sync-again.wal") | $(ratio sync-again sync) × sync |
END
if [ -n "${BEFORE:-}" ]; then
    cat <<END
| the earlier program, into the empty schema | $(median before) | $(cat "$work/before.wal") | $(ratio before plain) × plain |
| the earlier program again, no difference | $(median before-again) | $(cat "$work/before-again.wal") | $(ratio before-again before) × its first run |
END
fi
if [ "${ROWS:-yes}" != no ]; then
    echo "| rows, into the empty schema | $(median rows) | $(cat "$work/rows.wal") | $(ratio rows staged) × staged |"
fi
