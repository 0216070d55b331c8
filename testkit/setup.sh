#!/bin/sh
# Sees to what building, testing and the demo need, on Debian: as root it installs missing packages, else it names them
# and ends with status 2. Rust itself is never installed, nor is Node, for which `setup.sh node` looks too; `setup.sh example` looks for both and
# for a browser without windows, unless CHROMIUM names one.
set -eu
here=$(dirname "$0")

if [ -n "${DUMPSERT_PG_BINDIR:-}" ]; then
    sh "$here/server.sh" --bindir >/dev/null || exit 2 # a wrong choice is no reason to install another
fi
missing=
sh "$here/server.sh" --bindir >/dev/null 2>&1 || missing="$missing postgresql"
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
# Of Debian 12 or later; a virtual environment needs what Debian keeps apart.
python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$missing python3-venv"
if [ "${1:-}" = example ] && [ -z "${CHROMIUM:-}" ] && ! command -v chromium-headless-shell >/dev/null; then
    missing="$missing chromium-headless-shell"
fi
# What only some tests need, which are skipped without it, is installed and not asked for.
optional=
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || optional=" pgbouncer"
if [ -n "$optional" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    missing="$missing$optional"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Missing:$missing. Install with:  sudo apt-get install$missing" >&2
        exit 2
    fi
    echo "installing$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # The packages are single words, to be split.
    # shellcheck disable=SC2086
    { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null || {
        tail -n 20 "$log" >&2
        echo "apt-get could not install$missing; the whole log is in $log" >&2
        exit 2
    }
    rm -f "$log"
fi
if ! command -v cargo >/dev/null; then
    echo "Missing: Rust 1.88 or later with cargo, as rustup installs it (Debian's own is too old)." >&2
    exit 2
fi
case "${1:-}" in node | example) wants_node=yes ;; *) wants_node= ;; esac
if [ -n "$wants_node" ] && ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
    echo "Missing: Node 20 or later with npm (Debian 12's own is too old)." >&2
    exit 2
fi
