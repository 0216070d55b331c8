#!/usr/bin/env bash
# Merges two servers that were seeded apart, three times, and compares every row with what PostgreSQL says it must be.
# Starts a PostgreSQL of its own, which goes however this ends. DUMPSERT names a program that is built already.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${DUMPSERT:-}" ]; then
    built=${CARGO_TARGET_DIR:-$root/target}
    cargo build --quiet --release --manifest-path "$root/Cargo.toml" --target-dir "$built" \
        --package dumpsert --features cli --bin dumpsert
    DUMPSERT=$built/release/dumpsert
fi
for name in $(compgen -e PG) DUMPSERT_PG_ROOT; do
    unset "$name"
done
coproc SERVER { exec sh "$root/testkit/server.sh"; }
trap 'exec {SERVER[1]}>&-; wait "$SERVER_PID" || :' EXIT
{ read -r PGHOST && read -r PGPORT && read -r bindir; } <&"${SERVER[0]}"
export PGHOST PGPORT PGUSER=postgres PATH=$bindir:$PATH
work=$PGHOST/natural-keys # goes with the server
mkdir "$work"
load() { psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f "$here/$2"; }
rows() { psql -X -A -t -v ON_ERROR_STOP=1 -d "$1" -f "$here/$2" | LC_ALL=C sort >"$work/$3"; }
fail() { echo "natural keys failed: $1" >&2; exit 1; }

merge() { # NAME
    # Wanted: the source's rows, and those of the target that have no such row in the source.
    rows source rows.sql source; rows target rows.sql before; rows target ids.sql ids
    { cat "$work/source"
      awk -F '|' 'NR == FNR { seen[$1 FS $2]; next } !(($1 FS $2) in seen)' "$work/source" "$work/before"
    } | LC_ALL=C sort >"$work/wanted"
    "$DUMPSERT" sync --from source --to target --config "$here/dumpsert.toml" >"$work/out" 2>"$work/err" ||
        fail "$1: $(tail -n 5 "$work/err")"
    cat "$work/out"
    rows target rows.sql after; rows target ids.sql ids.after
    diff "$work/wanted" "$work/after" || fail "$1: other rows than wanted"
    [ -z "$(LC_ALL=C comm -23 "$work/ids" "$work/ids.after")" ] || fail "$1: a row of the target has another id"
    echo "$1: all $(wc -l <"$work/after") rows are as wanted"
}
for database in source target; do
    createdb "$database"
    load "$database" schema.sql
    load "$database" "$database.sql"
done
merge 'first run'
merge 'second run'
grep -q ' 0 inserted, 0 updated' "$work/out" || fail 'the second run has written'
load source diverge-source.sql
load target diverge-target.sql
merge 'diverged run'
