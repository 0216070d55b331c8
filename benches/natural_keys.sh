#!/bin/bash
# What recognising rows by a natural key costs: 2 million rows that reference 10,000, merged into a target that has the latter under the
# same ids, and into one that has them under others; into an empty table and once more, unchanged. And a million rows that are
# themselves recognised by name. Ratios are of one round; rounds follow each other. Prints a Markdown table.
# Needs the release program and 2 GB in TMPDIR.
# usage: benches/natural_keys.sh [ROUNDS=3]
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
dumpsert=${CARGO_TARGET_DIR:-target}/release/dumpsert
[ -x "$dumpsert" ] || { echo 'First: cargo build --release -p dumpsert --features cli' >&2; exit 2; }
coproc SERVER { sh testkit/server.sh shared_buffers=512MB max_wal_size=4GB; }
{ read -r PGHOST; read -r PGPORT; read -r bin; } <&"${SERVER[0]}"
export PGHOST PGPORT PGUSER=postgres PATH="$bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"; exec {SERVER[1]}>&-' EXIT
run() { psql -qX -v ON_ERROR_STOP=1 "$@"; }
schema='CREATE TABLE dim (id integer PRIMARY KEY, name text UNIQUE NOT NULL, note text);
  CREATE TABLE fact (id integer PRIMARY KEY, dim integer NOT NULL REFERENCES dim, a text, b numeric, c timestamptz);'
dims="INSERT INTO dim SELECT %s, 'name ' || g, 'old' FROM generate_series(1, %s) AS g"
facts="INSERT INTO fact SELECT g, 1 + g %% %s, md5(g::text), g / 7.0, '2026-01-01'::timestamptz + g * interval '1 s' FROM generate_series(1, 2000000) AS g"
database() { run postgres -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1" 2>/dev/null; run "$1" -c "$schema"; }
seconds() { local from; from=$(date +%s%N); run "$1" -f "$2" >/dev/null; echo "$(date +%s%N) $from" | awk '{ printf "%.2f", ($1 - $2) / 1e9 }'; }
echo '| recognised | round | same ids: empty, again (s) | other ids: empty, again (s) | ratio empty | ratio again |'
echo '|---|---|---|---|---|---|'
for size in 10000 1000000; do
    database source
    # shellcheck disable=SC2059 # these are the formats
    run source -c "$(printf "$dims" g "$size")" -c "$(printf "$facts" "$size")"
    pg_dump -a source > "$work/dump.sql"
    for ids in g "$size + 1 - g"; do
        name=same options=
        [ "$ids" = g ] || { name=other options='--match-on public.dim=name'; }
        database $name
        # shellcheck disable=SC2059
        run $name -c "$(printf "$dims" "$ids" "$size")" -c 'ANALYZE'
        # shellcheck disable=SC2086 # one option, or none
        "$dumpsert" convert --quiet $options "$work/dump.sql" > "$work/$name.sql"
    done
    for round in $(seq "${1:-3}"); do
        for name in same other; do
            run $name -c 'TRUNCATE fact'
            declare "empty_$name=$(seconds $name "$work/$name.sql")" "again_$name=$(seconds $name "$work/$name.sql")"
        done
        # shellcheck disable=SC2154 # declared above
        awk -v size="$size" -v round="$round" -v a="$empty_same" -v b="$again_same" -v c="$empty_other" -v d="$again_other" \
            'BEGIN { printf "| %d of 2 million referenced | %d | %s, %s | %s, %s | %.2f | %.2f |\n", size, round, a, b, c, d, c / a, d / b }'
    done
done
