#!/usr/bin/env bash
# Installs pullmirror on Debian 12/13 and 64-bit Raspberry Pi OS. See usage() below.
set -euo pipefail

readonly USER_NAME=pullmirror
readonly PREFIX=/opt/pullmirror
readonly COMMAND=/usr/local/bin/pullmirror
readonly CONFIG_DIR=/etc/pullmirror
readonly CONFIG=$CONFIG_DIR/config.yaml
readonly CREDENTIALS=$CONFIG_DIR/credentials
readonly STATE_DIR=/var/lib/pullmirror
readonly CACHE_DIR=/var/cache/pullmirror
readonly UNIT_DIR=/etc/systemd/system
readonly DROP_INS=$UNIT_DIR/pullmirror.service.d
readonly NODE_FLOOR=22.14
readonly GLIBC_FLOOR=2.34

usage() {
  cat <<'TEXT'
Usage: sudo ./install.sh [--node PATH|TARBALL] [--bundle FILE]
       sudo ./install.sh --rollback | --uninstall | --purge
            ./install.sh --make-bundle FILE | --disk-help [DIR] | --help

Installs this checkout (or bundle) as a release of its own below /opt/pullmirror, with a Node of its own, the command
/usr/local/bin/pullmirror, a system user, a systemd service and its timer. Running it again installs what has changed, or nothing.

  --node PATH|TARBALL  take Node from this binary, this directory, or this node-v*-linux-*.tar.* from nodejs.org; a SHASUMS256.txt
                       beside the tarball is checked. Default: the private Node already installed, else `node` on the PATH.
                       Node 22.14 or later; Node 24 is recommended.
  --bundle FILE        install a bundle made elsewhere: this machine then needs neither npm nor a network
  --make-bundle FILE   make such a bundle (.tar.gz) from this checkout; needs npm, not root; fits amd64 and arm64
  --rollback           go back to the release installed before this one; once more, and it is back again
  --uninstall          remove the program, its service and its timer; keep configuration, state, the user, and the store
  --purge              remove configuration, credentials and state too; the store on your disk is never touched
  --disk-help [DIR]    how to mount a USB disk at DIR (/srv/archive) so that it may be missing, late, or plugged in again
  -h, --help           this text

Examples:
  npm ci && sudo ./install.sh --node ~/node-v24.21.0-linux-arm64.tar.xz
  sudo ./install.sh --bundle pullmirror-0.1.0.tar.gz
TEXT
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
# What is wrong, then (further arguments) the next step, a line each.
fail() {
  warn "$1"
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly here
scratch=
cleanup() {
  if [ -n "$scratch" ]; then rm -rf --one-file-system "$scratch"; fi
}
trap cleanup EXIT

main() {
  local action=install node_source='' bundle='' out='' disk=/srv/archive
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) action=help ;;
      --rollback) action=rollback ;;
      --uninstall) action=uninstall ;;
      --purge) action=purge ;;
      --node)
        node_source=$(value_of "$@")
        shift
        ;;
      --bundle)
        bundle=$(value_of "$@")
        shift
        ;;
      --make-bundle)
        action=bundle
        out=$(value_of "$@")
        shift
        ;;
      --disk-help)
        action=disk
        if [[ ${2:-} == /* ]]; then
          disk=$2
          shift
        fi
        ;;
      *)
        warn "unknown argument: $1"
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  case $action in
    help) usage ;;
    disk) print_disk_help "$disk" ;;
    bundle) make_bundle "$out" ;;
    *)
      if [ "$(id -u)" != 0 ]; then fail 'this needs root' "sudo $0 …"; fi
      check_machine
      ;;
  esac
  case $action in
    install)
      lock
      install_release "$node_source" "$bundle"
      ;;
    rollback)
      lock
      rollback
      ;;
    uninstall) uninstall ;;
    purge) purge ;;
  esac
}

value_of() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value" 'See ./install.sh --help.'; fi
  printf '%s\n' "$2"
}

# --- the machine ---------------------------------------------------------------------------------------------------------------------------

check_machine() {
  local architecture glibc
  command -v dpkg >/dev/null || fail 'this is not a Debian system (there is no dpkg)' \
    'On other systems run pullmirror from a clone: npm ci && npx pullmirror --help'
  # Not `uname -m`: a 64-bit kernel often runs below a 32-bit Raspberry Pi OS.
  architecture=$(dpkg --print-architecture)
  case $architecture in
    amd64 | arm64) ;;
    *) fail "this is a $architecture system; pullmirror needs a 64-bit one (amd64 or arm64)" \
      'Every Raspberry Pi from the 3 on, and the Zero 2, runs the 64-bit Raspberry Pi OS.' ;;
  esac
  glibc=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
  at_least "$glibc" $GLIBC_FLOOR || fail "this system has glibc $glibc; at least $GLIBC_FLOOR is needed" \
    'Debian 12 (bookworm) and later have it, Debian 11 (bullseye) has not.'
}

# True if version $1 is $2 or later.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

lock() {
  install -d -m 0755 "$PREFIX"
  exec 9>"$PREFIX/.lock"
  flock -n 9 || fail 'another install.sh is at work' 'Wait for it to end.'
}

systemd_runs() { [ -d /run/systemd/system ]; }
has_systemctl() { command -v systemctl >/dev/null; }

# --- a release -----------------------------------------------------------------------------------------------------------------------------

install_release() {
  local node_source=$1 bundle=$2 node_id release
  install -d -m 0755 "$PREFIX/releases" "$PREFIX/node"
  scratch=$(mktemp -d "$PREFIX/.staging.XXXXXX")
  install_node "$node_source"
  node_id=$(cat "$scratch/node-id")
  prepare_app "$bundle" "$scratch/release/app"
  finish_release "$scratch/release" "$node_id"
  release=$(version_of "$scratch/release/app")-$(content_hash "$scratch/release")
  make_user
  if [ -d "$PREFIX/releases/$release" ] && release_runs "$PREFIX/releases/$release"; then
    say "release $release is here already"
  else
    release_runs "$scratch/release" || fail "release $release does not start on this machine; nothing was changed" \
      "Its own words: $(tail -n 1 "$scratch/trial" 2>/dev/null)"
    rm -rf --one-file-system "${PREFIX:?}/releases/$release"
    mv "$scratch/release" "$PREFIX/releases/$release"
    say "release $release: installed"
  fi
  switch_to "$release"
  install_command
  install_configuration
  install_units
  remove_old_releases
  conclude
}

# Puts a Node into $PREFIX/node/ and its name there into $scratch/node-id.
install_node() {
  local source=$1 binary version id
  binary=$(find_node "$source")
  version=$("$binary" --version 2>/dev/null) || fail "$binary does not run on this machine" 'Is it a Node for this architecture?'
  at_least "${version#v}" $NODE_FLOOR || fail "Node $version at $binary is too old; at least $NODE_FLOOR is needed" "${NODE_ADVICE[@]}"
  if ldd "$binary" 2>/dev/null | grep -q libnode; then
    fail "Node $version at $binary is not self-contained (it needs libnode, which an upgrade of the system would replace)" "${NODE_ADVICE[@]}"
  fi
  id=$version-$(sha256sum "$binary" | cut -c1-12)
  if [ ! -x "$PREFIX/node/$id/node" ]; then
    # A copy: a Node that the system upgrades or removes must not break the mirror.
    install -D -m 0755 "$binary" "$scratch/node/$id/node"
    mv -T "$scratch/node/$id" "$PREFIX/node/$id"
    say "Node $version: installed"
  fi
  printf '%s\n' "$id" >"$scratch/node-id"
}

readonly NODE_ADVICE=(
  'Download node-v24.*-linux-arm64.tar.xz (a PC: linux-x64) and SHASUMS256.txt from https://nodejs.org/dist/latest-v24.x/'
  'and say: --node node-v24.…-linux-arm64.tar.xz'
  "sudo does not see a Node of your own user; name it: --node \"\$(command -v node)\""
)

# Prints the path of the Node binary to install.
find_node() {
  local source=$1 found
  if [ -z "$source" ]; then
    if [ -x "$PREFIX/current/node" ]; then
      readlink -f "$PREFIX/current/node"
      return
    fi
    found=$(command -v node) || fail "there is no Node here; at least $NODE_FLOOR is needed" "${NODE_ADVICE[@]}"
    readlink -f "$found"
  elif [ -d "$source" ]; then
    [ -x "$source/bin/node" ] || fail "there is no bin/node in $source"
    readlink -f "$source/bin/node"
  elif [[ $source == *.tar.* ]]; then
    check_tarball "$source"
    mkdir "$scratch/tarball"
    tar -xf "$source" -C "$scratch/tarball" --no-same-owner --strip-components=1 --wildcards '*/bin/node' ||
      fail "there is no Node in $source" 'A .tar.xz needs the package xz-utils.'
    printf '%s\n' "$scratch/tarball/bin/node"
  elif [ -x "$source" ]; then
    readlink -f "$source"
  else
    fail "--node $source: neither a program, nor a directory, nor a tarball"
  fi
}

check_tarball() {
  local file=$1 sums line
  [ -f "$file" ] || fail "there is no file $file"
  sums=$(dirname "$file")/SHASUMS256.txt
  if [ -f "$sums" ]; then
    line=$(grep -E "^[0-9a-f]{64} [ *]$(basename "$file" | sed 's/[.]/[.]/g')\$" "$sums") || fail "$sums does not name $(basename "$file")"
    [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "${line%% *}" ] || fail "$file is not what $sums says" 'Download it again.'
  else
    warn "no SHASUMS256.txt beside $file: its content was not checked"
  fi
}

# --- what a release holds ------------------------------------------------------------------------------------------------------------------

# Fills directory $2 with the program and its dependencies, from bundle $1 or from where this script lies.
prepare_app() {
  local bundle=$1 app=$2
  mkdir -p "$app"
  if [ -n "$bundle" ]; then
    [ -f "$bundle" ] || fail "there is no file $bundle"
    tar -xf "$bundle" -C "$app" --no-same-owner --no-same-permissions --strip-components=1 || fail "$bundle cannot be unpacked"
    [ -e "$app/BUNDLE" ] || fail "$bundle is no bundle of pullmirror" 'Make one in a checkout: ./install.sh --make-bundle FILE'
  elif [ -e "$here/BUNDLE" ]; then
    cp -R "$here/." "$app"
  else
    copy_checkout "$app"
  fi
}

# The finished program of this checkout, with the dependencies that it has at run time and no others.
copy_checkout() {
  local app=$1 npm
  [ -f "$here/dist/cli.js" ] || fail "this checkout is not built: there is no $here/dist/cli.js" \
    'As your own user: npm ci     (it builds as well)' 'or install a bundle: --bundle FILE'
  npm=$(command -v npm) || fail 'npm is needed to install from a checkout' \
    'As a user that has npm: ./install.sh --make-bundle /tmp/pullmirror.tar.gz' 'then: sudo ./install.sh --bundle /tmp/pullmirror.tar.gz'
  cp "$here/package.json" "$here/package-lock.json" "$here/install.sh" "$app"
  cp -R "$here/dist" "$here/systemd" "$here/config" "$app"
  for file in LICENSE README.md CHANGELOG.md; do
    if [ -e "$here/$file" ]; then cp "$here/$file" "$app"; fi
  done
  # Optional dependencies are the Node for development. Scripts: none of the dependencies has one that is needed.
  (cd "$app" && "$npm" ci --omit=dev --omit=optional --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >&2) ||
    fail 'npm could not install the dependencies' 'Its words are above.'
  rm -f "$app/package-lock.json" "$app/node_modules/.package-lock.json"
  leave_out "$app"
  : >"$app/BUNDLE"
}

# The demo with its S3 server, and the left half, have no business on a machine that mirrors: no file with something of them has anything that the
# mirror needs. SQLite's sources and its builds for other systems are most of the bundle.
leave_out() {
  local sqlite=$1/node_modules/better-sqlite3
  grep -lZE '^// src/(demo|cloud|promoter)/' "$1"/dist/chunks/*.js | xargs -0r rm -f
  rm -rf "$1/dist/promoter" "$1/config/upload-side.example.yaml" "$sqlite/deps" "$sqlite/src"
  find "$sqlite/prebuilds" -name '*.node' ! -name 'linux-x64.node' ! -name 'linux-arm64.node' -delete
}

make_bundle() {
  local out=$1 version
  [ -e "$here/BUNDLE" ] && fail 'this is a bundle already'
  scratch=$(mktemp -d)
  mkdir "$scratch/app"
  copy_checkout "$scratch/app"
  version=$(version_of "$scratch/app")
  tar -czf "$out" -C "$scratch" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=u=rwX,go=rX \
    --transform "s,^app,pullmirror-$version," app
  say "$out: pullmirror $version, $(du -h "$out" | cut -f1)"
}

finish_release() {
  local release=$1 node_id=$2
  mkdir "$release/bin"
  install -m 0755 "$release/app/systemd/launcher.sh" "$release/bin/pullmirror"
  ln -s "../../node/$node_id/node" "$release/node"
  chown -R root:root "$release"
  chmod -R u=rwX,go=rX "$release"
}

version_of() { sed -n 's/^  "version": "\([0-9A-Za-z.+-]*\)",$/\1/p' "$1/package.json"; }

# Twelve digits that stand for every byte of a release, the choice of Node included.
content_hash() {
  (cd "$1" && {
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    readlink node
  } | sha256sum | cut -c1-12)
}

# True if a release starts. One that is still in staging has its Node two directories up, as at its final place.
release_runs() {
  local release=$1 node_id
  node_id=$(readlink "$release/node") && node_id=${node_id#../../node/}
  "$PREFIX/node/$node_id" "$release/app/dist/cli.js" --version >"$scratch/trial" 2>&1
}

# --- links ---------------------------------------------------------------------------------------------------------------------------------

# Renaming a link over another is atomic: there is no moment without a current release.
point() {
  ln -sfn "$2" "$PREFIX/$1.new"
  mv -T "$PREFIX/$1.new" "$PREFIX/$1"
}

switch_to() {
  local release=$1 old
  old=$(readlink "$PREFIX/current" || true)
  if [ "$old" = "releases/$release" ]; then return; fi
  if [ -n "$old" ]; then point previous "$old"; fi
  point current "releases/$release"
}

rollback() {
  local old new
  scratch=$(mktemp -d "$PREFIX/.staging.XXXXXX")
  new=$(readlink "$PREFIX/previous") || fail 'there is no earlier release to go back to'
  old=$(readlink "$PREFIX/current")
  release_runs "$PREFIX/$new" || fail "release ${new#releases/} does not start on this machine; nothing was changed"
  point current "$new"
  point previous "$old"
  install_units
  say "back to release ${new#releases/}; ${old#releases/} is kept"
  say 'A catalog written by the later release may be too new for this one; pullmirror then says so and touches nothing.'
}

remove_old_releases() {
  local directory name used
  for directory in "$PREFIX"/releases/*/; do
    name=releases/$(basename "$directory")
    if [ "$name" != "$(readlink "$PREFIX/current")" ] && [ "$name" != "$(readlink "$PREFIX/previous" || true)" ]; then
      rm -rf --one-file-system "$directory"
    fi
  done
  used=$(readlink -f "$PREFIX"/releases/*/node)
  for directory in "$PREFIX"/node/*/; do
    if ! grep -qxF "${directory}node" <<<"$used"; then rm -rf --one-file-system "$directory"; fi
  done
}

# --- what surrounds a release --------------------------------------------------------------------------------------------------------------

make_user() {
  if getent passwd "$USER_NAME" >/dev/null; then
    :
  elif command -v systemd-sysusers >/dev/null; then
    systemd-sysusers "$scratch/release/app/systemd/pullmirror.sysusers"
  else
    useradd --system --user-group --home-dir "$STATE_DIR" --no-create-home --shell /usr/sbin/nologin "$USER_NAME"
  fi
  install -d -m 0750 -o "$USER_NAME" -g "$USER_NAME" "$STATE_DIR"
}

install_command() {
  if [ "$(readlink "$COMMAND" || true)" = "$PREFIX/current/bin/pullmirror" ]; then return; fi
  if [ -e "$COMMAND" ] && [ ! -L "$COMMAND" ]; then fail "$COMMAND is a file that is not ours" 'Move it away, then run install.sh again.'; fi
  ln -sfn "$PREFIX/current/bin/pullmirror" "$COMMAND"
}

install_configuration() {
  install -d -m 0750 -o root -g "$USER_NAME" "$CONFIG_DIR"
  if [ ! -e "$CONFIG" ]; then
    install -m 0640 -o root -g "$USER_NAME" "$PREFIX/current/app/config/pullmirror.example.yaml" "$CONFIG"
    say "$CONFIG: an example, for you to edit"
  fi
}

install_units() {
  if ! has_systemctl; then
    warn 'there is no systemd here: service and timer were left out'
    return
  fi
  local unit
  for unit in pullmirror.service pullmirror.timer; do
    install -D -m 0644 "$PREFIX/current/app/systemd/$unit" "$UNIT_DIR/$unit"
  done
  write_drop_ins
  if systemd_runs; then systemctl daemon-reload; fi
}

# What the unit has to know about this machine: where the store is, and who may read the credentials.
write_drop_ins() {
  install -d -m 0755 "$DROP_INS"
  local paths
  if paths=$(writable_paths); then
    {
      printf '# Written by install.sh from %s; run it again when the store moves.\n[Service]\n' "$CONFIG"
      printf '%s\n' "$paths"
    } >"$DROP_INS/50-store.conf"
  else
    rm -f "$DROP_INS/50-store.conf"
  fi
  if [[ $(stat -c %U:%a "$CREDENTIALS" 2>/dev/null) == root:[46]00 ]]; then
    {
      printf '# Written by install.sh: %s is readable by root only.\n[Service]\n' "$CREDENTIALS"
      printf 'LoadCredential=credentials:%s\nEnvironment=AWS_SHARED_CREDENTIALS_FILE=%%d/credentials\n' "$CREDENTIALS"
    } >"$DROP_INS/50-credentials.conf"
  else
    rm -f "$DROP_INS/50-credentials.conf"
  fi
  rmdir --ignore-fail-on-non-empty "$DROP_INS"
}

# ReadWritePaths= lines for store and state of the configuration; false while it cannot be read. "-": a missing disk is no reason not to start.
writable_paths() {
  (cd "$PREFIX/current/app" && "$PREFIX/current/node" --input-type=module - "$CONFIG" <<'JS') 2>/dev/null
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
const { store, state } = parse(readFileSync(process.argv[2], 'utf8'));
const quote = (path) => `"-${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
for (const path of [store.path, state ?? '/var/lib/pullmirror']) {
  if (typeof path !== 'string' || !/^\/[^\u0000-\u001f]*[^/\u0000-\u001f]/.test(path)) process.exit(1);
  console.log(`ReadWritePaths=${quote(path)}`);
}
JS
}

# --- the end -------------------------------------------------------------------------------------------------------------------------------

conclude() {
  say "pullmirror $(version_of "$PREFIX/current/app") is installed: $COMMAND"
  if cmp -s "$CONFIG" "$PREFIX/current/app/config/pullmirror.example.yaml"; then
    say ''
    say 'What is left to do:'
    say "  1. the disk:       ./install.sh --disk-help"
    say "  2. the key:        $CREDENTIALS  (AWS format; chown root:$USER_NAME, chmod 0640)"
    say "  3. your vault:     sudo nano $CONFIG"
    say '  4. the store:      sudo pullmirror init DIR'
    say '  5. the timer:      sudo ./install.sh     (once more: it switches the timer on when the configuration is valid)'
  elif ! "$COMMAND" config check --config "$CONFIG"; then
    warn "the timer was not switched on: $CONFIG has mistakes (above). Correct it and run install.sh again."
  elif has_systemctl; then
    systemctl enable --quiet pullmirror.timer
    if systemd_runs; then systemctl start pullmirror.timer; fi
    say 'The timer is on: a pass every 15 minutes. What they do:  journalctl -u pullmirror'
  fi
}

print_disk_help() {
  local directory=$1 unit
  unit=$(systemd-escape --path --suffix=mount "$directory" 2>/dev/null || echo srv-archive.mount)
  cat <<TEXT
A disk for the store, mounted at $directory. Commands that begin with sudo are for you to read first.

 1. Which one is it, and what is its UUID?       lsblk -o NAME,SIZE,MODEL,FSTYPE,UUID,MOUNTPOINTS
    A new disk, all of whose content is lost:    sudo mkfs.ext4 -m 1 -L archive /dev/sdX1
    ext4, xfs and btrfs will do; exFAT, NTFS and network drives will not.

 2. The mount point, which belongs to root and stays empty, so that nothing can be written beside the disk:
      sudo install -d -m 0755 -o root -g root $directory

 3. One line in /etc/fstab. The machine starts without the disk (nofail); an error makes it read-only; nothing on it can be run:
      UUID=<the UUID> $directory ext4 nofail,x-systemd.device-timeout=30s,noatime,nodev,nosuid,noexec,errors=remount-ro 0 2
    then: sudo systemctl daemon-reload && sudo mount $directory && sudo chown $USER_NAME:$USER_NAME $directory

 4. A disk that is pulled and plugged in again is not mounted again by itself. /etc/udev/rules.d/90-pullmirror.rules does that:
      ACTION=="add", SUBSYSTEM=="block", ENV{ID_FS_UUID}=="<the UUID>", TAG+="systemd", ENV{SYSTEMD_WANTS}+="$unit"
    then: sudo udevadm control --reload

 5. Once:  sudo pullmirror init $directory
TEXT
}

# --- going away ----------------------------------------------------------------------------------------------------------------------------

# Removes a directory of ours, unless a store, or another filesystem, lies below it.
remove_tree() {
  local directory=$1 marker mounted
  if [ ! -d "$directory" ]; then return; fi
  mounted=$(awk -v below="$directory/" 'index($5 "/", below) == 1 { print $5; exit }' /proc/self/mountinfo)
  if [ -n "$mounted" ]; then
    warn "$directory stays: something is mounted at $mounted"
    return
  fi
  marker=$(find "$directory" -path '*/.pullmirror/store.json' -print -quit)
  if [ -n "$marker" ]; then
    warn "$directory stays: a store lies in it (${marker%/.pullmirror/store.json})"
    return
  fi
  rm -rf --one-file-system "$directory"
}

uninstall() {
  remove_program
  say "pullmirror is removed. Kept: the store on your disk, $CONFIG_DIR, $STATE_DIR, the user $USER_NAME."
}

remove_program() {
  if has_systemctl; then
    if systemd_runs; then systemctl stop pullmirror.timer pullmirror.service 2>/dev/null || true; fi
    systemctl disable --quiet pullmirror.timer 2>/dev/null || true
  fi
  rm -f "$UNIT_DIR/pullmirror.service" "$UNIT_DIR/pullmirror.timer" "$DROP_INS/50-store.conf" "$DROP_INS/50-credentials.conf"
  rm -f /var/lib/systemd/timers/stamp-pullmirror.timer
  # Drop-ins of the owner's own stay.
  if [ -d "$DROP_INS" ]; then rmdir --ignore-fail-on-non-empty "$DROP_INS"; fi
  if systemd_runs; then systemctl daemon-reload; fi
  if [ "$(readlink "$COMMAND" || true)" = "$PREFIX/current/bin/pullmirror" ]; then rm -f "$COMMAND"; fi
  remove_tree "$PREFIX"
  remove_tree "$CACHE_DIR"
}

purge() {
  remove_program
  remove_tree "$CONFIG_DIR"
  remove_tree "$STATE_DIR"
  remove_tree "$DROP_INS"
  say 'pullmirror is removed with its configuration, credentials and state. The store on your disk was not touched.'
  say "The user $USER_NAME stays, because it owns the files of the store; without a store: sudo deluser $USER_NAME"
}

main "$@"
