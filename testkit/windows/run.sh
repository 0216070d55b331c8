#!/bin/bash
# run.sh: builds the program, the Node library and the Python library for Windows, and runs under Wine what needs no Unix. The record
# of what ran goes to $WINDOWS_DIR/record.md (default: target/windows). See docs/windows.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
directory=${WINDOWS_DIR:-${CARGO_TARGET_DIR:-target}/windows}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
root=$directory/root
bash testkit/windows/toolchain.sh "$directory"

# Copied, and not mounted: nothing has to be undone. Files keep their times, so that only what has changed is built again.
rm -rf --one-file-system "$root/work" && mkdir -p "$root/work"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --null -T - -cf - | tar -x -C "$root/work"
in_root() {
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin SSL_CERT_DIR="${SSL_CERT_DIR:-/etc/ssl/certs}" \
    ${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"} RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=/target LIBNODE_PATH=/libnode \
    bash -c "cd /work && $1"
}
for_windows='-Zbuild-std=std,panic_abort --locked --target x86_64-pc-windows-gnu --profile quick'
in_root "CARGO_BUILD_WARNINGS=deny cargo build $for_windows --package dumpsert --features cli --package dumpsert-node --package dumpsert-python"
cargo build --quiet --locked --profile quick --package dumpsert --features cli --bin dumpsert
linux=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/quick/dumpsert

run=$directory/run
rm -rf "$run" && mkdir -p "$run"
built=$root/target/x86_64-pc-windows-gnu/quick
cp "$built/dumpsert.exe" "$root/tmp/helper.exe" "$root/tmp/bcryptprimitives.dll" "$run/"

# What finds the library of a platform is written when the package is built for this one, with which it is compared.
(cd bindings-node && { [ -d node_modules ] || npm ci --silent; } && npm run --silent build:quick >/dev/null)

# The package as npm would get it. What node.exe looks for is the library of the other C library, whose interface is the same.
stage=$run/stage
mkdir -p "$stage"
cp -r bindings-node "$stage/" && cp LICENSE-* "$stage/"
[ -d "$stage/bindings-node/node_modules" ] || (cd "$stage/bindings-node" && npm ci --silent)
rm -f "$stage"/bindings-node/*.node
cp "$built/dumpsert_node.dll" "$stage/bindings-node/dumpsert.win32-x64-msvc.node"
node "$stage/bindings-node/scripts/pack.mjs" "$run/tarballs" >"$run/packed"
while read -r tarball; do
  mkdir -p "$run/new" && tar -xzf "$run/tarballs/$tarball" -C "$run/new"
  name=$(node -p "require('$run/new/package/package.json').name")
  mkdir -p "$run/package/node_modules" && mv "$run/new/package" "$run/package/node_modules/$name"
done <"$run/packed"

status=0
PYTHONPATH=testkit/windows python3 testkit/windows/check.py "$directory" "$linux" "$directory/ran.md" || status=$?
{
  echo "# Windows, under Wine, $(date +%F)"
  echo
  echo "\`make windows\` on $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r), $(/usr/lib/wine/wine64 --version);"
  echo "$(in_root 'rustc --version'), target x86_64-pc-windows-gnu; $(WINEPREFIX=$directory/prefix WINEDEBUG=-all /usr/lib/wine/wine64 "$directory/pg/bin/pg_dump.exe" --version 2>/dev/null | tr -d '\r')."
  echo "No line of this has met a real Windows."
  echo
  cat "$directory/ran.md"
} >"$directory/record.md"
echo "$directory/record.md"
exit "$status"
