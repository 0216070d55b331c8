#!/bin/sh
# Fills fuzz/corpus/ from the seeds, from what was found earlier, and from the dumps of the tests.
set -eu
cd "$(dirname "$0")"
for target in catalog chunking condition literal output_is_allowed predicate vs_reference; do
    mkdir -p "corpus/$target"
    for folder in seeds regressions; do
        [ ! -d "$folder/$target" ] || cp "$folder/$target"/* "corpus/$target/"
    done
done
for case in ../testdata/cases/*/; do
    name=$(basename "$case")
    cp "$case/dump.sql" "corpus/output_is_allowed/$name"
    # The first byte says where to cut, and which style.
    { printf 'a'; cat "$case/dump.sql"; } > "corpus/chunking/$name"
    [ ! -f "$case/schema.sql" ] || cp "$case/schema.sql" "corpus/catalog/$name"
done
for dump in ../testdata/attacks/*.sql; do
    name=$(basename "$dump" .sql)
    cp "$dump" "corpus/output_is_allowed/$name"
    { printf 'a'; cat "$dump"; } > "corpus/chunking/$name"
done
