#!/bin/sh
# Fills fuzz/corpus/ from the seeds, from what was found earlier, and from the dumps of the tests.
set -eu
cd "$(dirname "$0")"
for target in beside catalog chunking condition literal output_is_allowed predicate vs_reference; do
    mkdir -p "corpus/$target"
    for folder in seeds regressions; do
        [ ! -d "$folder/$target" ] || cp "$folder/$target"/* "corpus/$target/"
    done
done
# Two bytes before a dump choose the options, a third one where it is cut: the defaults in each style, and some others.
seed() {
    for choice in 'rows \000\000' 'batches \001\000' 'staged \002\000' 'driver \077\000' 'mixed \010\134'; do
        name=$2-${choice%% *}
        { printf "${choice#* }"; cat "$1"; } > "corpus/output_is_allowed/$name"
        { printf "${choice#* }\\144"; cat "$1"; } > "corpus/chunking/$name"
    done
}
for case in ../testdata/cases/*/; do
    name=$(basename "$case")
    seed "$case/dump.sql" "$name"
    [ ! -f "$case/schema.sql" ] || cp "$case/schema.sql" "corpus/catalog/$name"
    [ ! -f "$case/schema.sql" ] ||
        { printf '\000\000'; cat "$case/dump.sql"; printf '\377'; cat "$case/schema.sql"; } > "corpus/beside/$name"
done
for dump in ../testdata/attacks/*.sql; do
    name=$(basename "$dump" .sql)
    seed "$dump" "$name"
done
