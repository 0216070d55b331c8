#!/bin/sh
# Starts a throw-away PostgreSQL and removes it, data and all, when standard input ends. Whoever started it holds the
# other end of that pipe, so the server goes however its user goes: by return, panic, Ctrl-C or kill -9.
# usage: server.sh [NAME=VALUE]...    settings of the server, over those below
#        server.sh --bindir           only says where the programs are
# Prints three lines once the server accepts connections: socket directory, port, directory of the programs.
# The programs come from DUMPSERT_PG_BINDIR, PATH, or the newest /usr/lib/postgresql/*/bin. DUMPSERT_PG_ROOT names the
# root of another Debian, unpacked with its own PostgreSQL and libraries, to be used by way of chroot (as root only).
# DUMPSERT_PG_DIR is the directory below which its files are; without it they are in memory if there is a lot, else in /tmp.
set -eu
trap '' HUP INT TERM
export LC_ALL=C.UTF-8
port=5432
root=${DUMPSERT_PG_ROOT:-}

# Servers and clients from one directory, so that they are of one version.
is_complete() {
    [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/psql" ] && [ -x "$1/pg_dump" ]
}
find_bindir() {
    if [ -n "${DUMPSERT_PG_BINDIR:-}" ]; then
        echo "$DUMPSERT_PG_BINDIR"
        return
    fi
    in_path=$(dirname "$(readlink -f "$(command -v initdb || echo /nowhere)")")
    if [ -z "$root" ] && is_complete "$in_path"; then
        echo "$in_path"
    else
        find "$root/usr/lib/postgresql" -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
    fi
}

bindir=$(find_bindir)
if ! is_complete "$bindir"; then
    echo "no PostgreSQL server found: install the package postgresql, or name its directory in DUMPSERT_PG_BINDIR" >&2
    exit 1
fi
if [ "${1:-}" = --bindir ]; then
    echo "$bindir"
    exit
fi

# initdb and postgres refuse to run as root
if [ "$(id -u)" = 0 ]; then
    account=postgres
    id -u "$account" >/dev/null 2>&1 || account=nobody
    as_server() { chroot --userspec="$account:$(id -gn "$account")" "${root:-/}" "$@"; }
else
    as_server() { "$@"; }
fi

# Tests make files by the hundred thousand, one for each temporary table: that takes a fifth of their time on a disk.
memory_free_kb() { df -kP /dev/shm | awk 'NR == 2 && $1 == "tmpfs" { print $4 }'; }
default=/tmp
[ -n "$root" ] || [ "$(memory_free_kb 2>/dev/null || echo 0)0" -lt 80000000 ] || default=/dev/shm
# A socket's path may have 107 bytes at most: not below TMPDIR, which can be long, or closed to the server's account.
dir=$(mktemp -d "$root${DUMPSERT_PG_DIR:-$default}/dumpsert-pg.XXXXXX")
# The same directories as the server sees them.
server_dir=${dir#"$root"}
server_bindir=${bindir#"$root"}
pg_ctl() { as_server "$server_bindir/pg_ctl" -D "$server_dir/data" -l "$server_dir/log" -w -s "$@" >/dev/null 2>&1 </dev/null; }
started=
stop() {
    [ -z "$started" ] || pg_ctl -m immediate stop || :
    rm -rf "$dir"
}
trap stop EXIT
cd "$dir"
[ "$(id -u)" != 0 ] || chown "$account" "$dir"

as_server "$server_bindir/initdb" -D "$server_dir/data" -U postgres -E UTF8 --locale=C.UTF-8 -A trust -N \
    >"$dir/initdb.log" 2>&1 || {
    cat "$dir/initdb.log" >&2
    exit 1
}
# What is lost in a crash does not matter here, and autovacuum would blur what a test says about row versions and WAL.
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$server_dir'
port = $port
fsync = off
full_page_writes = off
synchronous_commit = off
jit = off
autovacuum = off
max_wal_size = 1GB
timezone = 'UTC'
lc_messages = 'C'
CONF
for setting; do
    value=$(printf %s "${setting#*=}" | sed "s/'/''/g")
    printf "%s = '%s'\n" "${setting%%=*}" "$value" >>"$dir/data/postgresql.conf"
done
# Set before the start, which may fail half-way; stopping a server that does not run does no harm.
started=yes
pg_ctl start || {
    cat "$dir/log" >&2
    exit 1
}
printf '%s\n' "$dir" "$port" "$bindir"
exec >/dev/null 2>&1
cat
