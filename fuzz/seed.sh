#!/bin/sh
# Fills fuzz/corpus/ from the shared cases.
set -eu
cd "$(dirname "$0")"
for target in chunking output_is_allowed literal catalog; do
    mkdir -p "corpus/$target"
    for case in ../testdata/cases/*/; do
        name=$(basename "$case")
        case $target in
            # The first byte says where to cut, and which style.
            chunking) { printf 'a'; cat "$case/dump.sql"; } > "corpus/$target/$name" ;;
            catalog) [ ! -f "$case/schema.sql" ] || cp "$case/schema.sql" "corpus/$target/$name" ;;
            literal) ;;
            *) cp "$case/dump.sql" "corpus/$target/$name" ;;
        esac
    done
done
i=0
for literal in NULL true -1.5e+15 "B'0101'" "'it''s'" "''" '1--1' "E'a'" DEFAULT .5; do
    i=$((i + 1))
    printf %s "$literal" > "corpus/literal/$i"
done
