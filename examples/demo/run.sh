#!/usr/bin/env bash
# Restores a dump over a database that has lived on by itself, twice, and compares every row: what `make demo` runs.
# Needs nothing running: it starts a PostgreSQL of its own and removes it, and all else it made, however it ends.
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "$0")/../.." && pwd)

bold='' plain=''
if [ -t 1 ]; then
    bold=$'\033[1m' plain=$'\033[0m'
fi
say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
fail() {
    printf '\n%sdemo failed:%s %s\n' "$bold" "$plain" "$1" >&2
    shift
    for file; do
        [ ! -s "$file" ] || { echo "--- ${file##*/}" && tail -n 15 "$file"; } >&2
    done
    exit 1
}

sh "$root/testkit/setup.sh"
cleanup() {
    trap '' INT TERM
    if [ -n "${SERVER_PID:-}" ]; then
        exec {SERVER[1]}>&- # the server goes when this pipe closes
        wait "$SERVER_PID" || :
    fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say 'Building dumpsert (the first time takes a few minutes)'
built=${CARGO_TARGET_DIR:-$root/target}
scripts=$built/demo
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --target-dir "$built" \
    --package dumpsert --features cli --bin dumpsert
PATH=$built/release:$PATH

# ---------------------------------------------------------------- a server, a source and a target
for name in $(compgen -e PG) DUMPSERT_PG_ROOT; do
    unset "$name"
done
coproc SERVER { exec sh "$root/testkit/server.sh"; }
{ read -r PGHOST && read -r PGPORT && read -r bindir; } <&"${SERVER[0]}" || fail 'PostgreSQL does not start'
export PGHOST PGPORT PGUSER=postgres PATH=$bindir:$PATH
work=$PGHOST/demo # goes with the server
mkdir "$work"
load() { # DATABASE FILE
    psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f "$2" >"$work/load.log" 2>&1 || fail "cannot load ${2##*/}" "$work/load.log"
}
createdb source
load source "$root/testdata/sources/demo.sql"
# What the target has to end with, said by PostgreSQL itself: the source without its demo businesses.
createdb -T source wanted
load wanted "$root/examples/demo/without-demo.sql"
createdb -T wanted target
load target "$root/examples/demo/diverge.sql"
createdb -T target copy
pg_dump --schema-only target >"$work/schema.sql"

# ---------------------------------------------------------------- looking at databases without dumpsert
value() { psql -X -A -t -d "$1" -c "$2"; }
tables=$(value source "
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
     ORDER BY relname COLLATE \"C\"")
# Writes every row of a database as a line of COPY's text format into one sorted file a table.
rows_of() { # DATABASE NAME
    mkdir "$work/$2"
    value source "
        SELECT format('\\copy (SELECT %s FROM %s) TO ''$work/$2/%s''',
                      string_agg(quote_ident(attname), ', ' ORDER BY attname), attrelid::regclass, relname)
          FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
         GROUP BY attrelid, relname" | psql -X -q -v ON_ERROR_STOP=1 -d "$1"
    for table in $tables; do
        LC_ALL=C sort -o "$work/$2/$table" "$work/$2/$table"
    done
}
in_both() { LC_ALL=C comm -12 "$1" "$2" | wc -l; }
only_second() { LC_ALL=C comm -13 "$1" "$2" | wc -l; }
count() { wc -l <"$1"; }
states_of() { # DATABASE: triggers and sequences
    value "$1" "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger ORDER BY 1, 2"
    value "$1" "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
}
sequences_of() { value "$1" "SELECT coalesce(last_value::text, 'never called') FROM pg_sequences ORDER BY sequencename"; }
triggers_of() {
    value "$1" "
        SELECT count(*) FILTER (WHERE tgenabled <> 'D') || ' on, ' || count(*) FILTER (WHERE tgenabled = 'D') || ' off'
          FROM pg_trigger WHERE NOT tgisinternal"
}

# ---------------------------------------------------------------- the restore
restore() {
    dumpsert sync --from source --to target --exclude-demo --report "$work/report.json" \
        >"$work/sync.out" 2>"$work/sync.err" || fail 'sync has failed' "$work"/sync.{out,err}
}

version=$(value source "SELECT split_part(version(), ' ', 2)")
say "A source, and a target that has lived on since it was copied (PostgreSQL $version)"
rows_of source source
rows_of wanted wanted
rows_of target before
sequences_of target >"$work/sequences.before"
triggers=$(triggers_of target)
echo "source: $(cat "$work"/source/* | wc -l) rows in $(wc -w <<<"$tables") tables; triggers of the target: $triggers"

say '$ dumpsert sync --from source --to target --exclude-demo --report report.json'
restore
sed 's/^/  /' "$work/sync.out"

# ---------------------------------------------------------------- what it did
rows_of target after
# Rows that the report counts as left out: by the rule for demo businesses, and by a foreign key.
value source "
    SELECT split_part(t ->> 'table', '.', 2),
           coalesce(sum(n.value::bigint) FILTER (WHERE n.key = 'demo'), 0),
           coalesce(sum(n.value::bigint) FILTER (WHERE n.key LIKE 'cascade:%'), 0)
      FROM json_array_elements(\$report\$$(<"$work/report.json")\$report\$::json -> 'dump' -> 'tables') AS t
     CROSS JOIN json_each_text(t -> 'left_out') AS n GROUP BY 1" >"$work/left_out"
left_out() { awk -F '|' -v table="$1" -v at="$2" '{ gsub(/"/, "", $1) } $1 == table { n = $at } END { print n + 0 }' "$work/left_out"; }

say 'Every row compared with what PostgreSQL keeps when it deletes the demo businesses in a copy of the source'
format='%-20s %8s  %7s %8s  %8s %8s   %-18s %s\n'
# shellcheck disable=SC2059 # one format for the heading and the lines
printf "$format" '' source left out target target 'wanted rows now' "target's own"
# shellcheck disable=SC2059
printf "$format" table '' 'by rule' cascade before after 'in the target' 'rows, kept'
wrong=0
for table in $tables; do
    expected=$(count "$work/wanted/$table") equal=$(in_both "$work/wanted/$table" "$work/after/$table")
    rule=$(left_out "$table" 2) cascade=$(left_out "$table" 3)
    verdict="$equal = all"
    if [ "$table" = _prisma_migrations ]; then
        verdict='left out' # by default: it is the target's own record
        cmp -s "$work/before/$table" "$work/after/$table" || verdict='changed (!)' wrong=1
    elif [ "$equal" != "$expected" ]; then
        verdict="$equal of $expected (!)" wrong=1
    fi
    if [ "$((expected + rule + cascade))" != "$(count "$work/source/$table")" ] && [ "$table" != _prisma_migrations ]; then
        verdict="$verdict, the report is wrong (!)" wrong=1
    fi
    own=$(only_second "$work/wanted/$table" "$work/after/$table")
    # A row that is neither the source's nor was here before would be a trigger's doing, or ours.
    LC_ALL=C sort -m "$work/wanted/$table" "$work/before/$table" | uniq >"$work/known"
    made_up=$(uniq "$work/after/$table" | LC_ALL=C comm -13 "$work/known" - | wc -l)
    [ "$made_up" = 0 ] || verdict="$verdict, $made_up made up (!)" wrong=1
    # shellcheck disable=SC2059
    printf "$format" "$table" "$(count "$work/source/$table")" "$rule" "$cascade" "$(count "$work/before/$table")" "$(count "$work/after/$table")" "$verdict" "$own"
done

echo "businesses now: $(value target "SELECT string_agg(id, ', ' ORDER BY id) FROM businesses")"
[ "$(value target "SELECT count(*) FROM businesses WHERE id IN ('demolition-co', 'my-demos-shop', 'democracy')")" = 3 ] ||
    fail 'a business that only looks like a demo account is gone'

say 'Sequences: forward only'
names=$(value source 'SELECT sequencename FROM pg_sequences ORDER BY 1')
paste <(echo "$names") <(sequences_of source) "$work/sequences.before" <(sequences_of target) |
    awk -F '\t' '{ printf "%-24s source %-8s target %s -> %s\n", $1, $2, $3, $4 }'
after=$(triggers_of target)
echo "triggers: $triggers before; $after after"
[ "$after" = "$triggers" ] || wrong=1

[ "$wrong" = 0 ] || fail 'the target is not what it should be: see the lines marked above'

say 'The same command again'
states_of target >"$work/after/states"
restore
tail -n 1 "$work/sync.out" | sed 's/^/  /'
rows_of target again
states_of target >"$work/again/states"
diff -rq "$work/after" "$work/again" >"$work/changed" || fail 'the second run changed something' "$work/changed"
checksum() { (cd "$work/$1" && cat -- * | sha256sum | cut -c 1-16); }
echo "  checksum of all rows, sequences and triggers: before $(checksum after), now $(checksum again)"

# ---------------------------------------------------------------- the same in SQL that is made to be read
say '$ pg_dump --data-only --column-inserts source | dumpsert convert --style rows --schema schema.sql --exclude-demo -o rows.sql; psql -X -f rows.sql copy'
mkdir -p "$scripts"
pg_dump --data-only --column-inserts source 2>"$work/pg_dump.err" |
    dumpsert convert --style rows --schema "$work/schema.sql" --exclude-demo -o "$scripts/rows.sql" 2>"$work/dumpsert.err" ||
    fail 'no script of upserts' "$work"/{pg_dump.err,dumpsert.err}
psql -X -d copy -f "$scripts/rows.sql" >"$work/psql.out" 2>"$work/psql.err" ||
    fail 'the script of upserts failed' "$work"/{psql.out,psql.err}
grep -m 1 '^INSERT INTO.*demolition-co' "$scripts/rows.sql" | cut -c 1-150 | sed 's/^/  /; s/$/ .../'
rows_of copy copy
diff -rq --exclude=states "$work/after" "$work/copy" >"$work/changed" || fail 'the two ways differ' "$work/changed"
echo '  an equally diverged copy now holds the same rows, all of them'
pg_dump source | dumpsert convert --quiet --style staged --exclude-demo -o "$scripts/staged.sql"

say 'What was shown'
cat <<END
Every row of the source is in the target, but for the demo businesses and what hangs off them; rows that only the target had are still there.
A second run changed nothing: no row, no sequence, no trigger.
Both scripts are in $scripts, to be read; the databases of the demo are removed.

Now on your own database (--dry-run shows the counts and changes nothing):
  dumpsert sync --from SOURCE --to TARGET --dry-run
END
