#!/usr/bin/env bash
# Runs as root inside a clean Debian without network: installs, uses, upgrades, rolls back, uninstalls and purges pullmirror.
# Expects in the directory of this script: bundle.tar.gz, node (a Node binary).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
here=$PWD

ok() { printf 'ok - %s\n' "$*"; }
die() {
  printf 'NOT ok - %s\n' "$*"
  exit 1
}
# expect STATUS COMMAND…: its exit status, its words in ./said
expect() {
  local wanted=$1 status=0
  shift
  "$@" >said 2>&1 || status=$?
  if [ "$status" != "$wanted" ]; then
    cat said
    die "exit status $status instead of $wanted: $*"
  fi
  ok "$* (exit status $status)"
}
says() { grep -qE "$1" said || { cat said && die "it does not say /$1/"; }; }
# What lies below our directories, with inodes and times: equal means that nothing was touched.
snapshot() { find /opt/pullmirror /etc/pullmirror /etc/systemd/system /usr/local/bin ! -name .lock -printf '%p %i %T@ %s %m %U %l\n' | grep -v '^/opt/pullmirror [0-9]' | sort; }

mkdir bundle && tar -xf bundle.tar.gz -C bundle --strip-components=1
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' bundle/package.json)

# --- it refuses politely, and changes nothing ---
mkdir fake
fake() { printf '#!/bin/sh\n%s\n' "$2" >"fake/$1" && chmod +x "fake/$1"; }
fake dpkg 'echo armhf'
expect 1 env PATH="$here/fake:$PATH" bundle/install.sh --node "$here/node"
says '64-bit'
rm fake/dpkg
fake getconf 'echo glibc 2.31'
expect 1 env PATH="$here/fake:$PATH" bundle/install.sh --node "$here/node"
says 'glibc 2.31'
rm fake/getconf
expect 1 bundle/install.sh
says 'no Node here'
[ ! -e /opt/pullmirror/current ] || die 'a refusal left a release behind'
fake node 'echo v20.20.2'
expect 1 env PATH="$here/fake:$PATH" bundle/install.sh
says 'v20.20.2.*too old'
expect 1 bundle/install.sh --node "$here/nothing"
expect 2 bundle/install.sh --wrong
expect 1 setpriv --reuid=1 --clear-groups bundle/install.sh
says 'needs root'
[ -z "$(ls -A /opt/pullmirror/releases 2>/dev/null)" ] || die 'a refusal left a release behind'
[ -z "$(find /opt/pullmirror -name '.staging*' 2>/dev/null)" ] || die 'a refusal left its staging directory behind'

# --- first installation, from the bundle file ---
expect 0 bundle/install.sh --bundle "$here/bundle.tar.gz" --node "$here/node"
says 'What is left to do'
expect 0 pullmirror --version
says "^$version\$"
expect 0 pullmirror --help
says 'Usage: pullmirror'
[ "$(stat -c '%a %U %G' /etc/pullmirror/config.yaml)" = '640 root pullmirror' ] || die 'owner or mode of the configuration'
[ ! -e /etc/systemd/system/timers.target.wants/pullmirror.timer ] || die 'the timer is on with an example for a configuration'
for part in dist/promoter config/upload-side.example.yaml; do
  [ ! -e "/opt/pullmirror/current/app/$part" ] || die "$part was installed"
done
grep -qr '^// src/store/' /opt/pullmirror/current/app/dist || die 'it cannot be seen what is in the files of the program'
if grep -rE '^// src/(demo|cloud|promoter)/' /opt/pullmirror/current/app/dist; then die 'something of the left half or the demo was installed'; fi
expect 1 pullmirror cloud check /etc/pullmirror/config.yaml
says 'the left half is no part of a release installed on a mirror'
says 'On your own computer'
[ -z "$(find /opt/pullmirror -name 'node-linux-*' -o -name typescript -type d -path '*/node_modules/typescript' -o -name tap -type d)" ] ||
  die 'something of the development was installed'
[ -z "$(find /opt/pullmirror ! -user root)" ] || die 'a file of the program belongs to somebody else than root'
[ -z "$(find /opt/pullmirror -perm /022 ! -type l)" ] || die 'a file of the program can be written by somebody else than root'

# --- a configuration ---
install -d -m 0755 /srv/archive
chown pullmirror:pullmirror /srv/archive
cat >/etc/pullmirror/config.yaml <<'YAML'
store: { path: /srv/archive }
vaults:
  - { name: web, bucket: example-vault, region: eu-central-1, endpoint: "http://127.0.0.1:9", credentials: { profile: mirror } }
misspelt: true
YAML
expect 78 pullmirror config check
says misspelt
expect 0 bundle/install.sh
says 'not switched on'
[ ! -e /etc/systemd/system/timers.target.wants/pullmirror.timer ] || die 'the timer is on with a wrong configuration'
sed -i /misspelt/d /etc/pullmirror/config.yaml
expect 0 pullmirror config check
expect 0 pullmirror init --not-a-mount /srv/archive
[ "$(stat -c %U /srv/archive/.pullmirror/store.json)" = pullmirror ] || die 'root did not become the user pullmirror'
printf '[mirror]\naws_access_key_id = AK\naws_secret_access_key = SK\n' >/etc/pullmirror/credentials
chown root:pullmirror /etc/pullmirror/credentials
chmod 0640 /etc/pullmirror/credentials
expect 75 pullmirror sync

# --- once more: it switches the timer on, and after that changes nothing ---
expect 0 bundle/install.sh
says 'The timer is on'
[ -L /etc/systemd/system/timers.target.wants/pullmirror.timer ] || die 'the timer is not on'
grep -qx 'ReadWritePaths="-/srv/archive"' /etc/systemd/system/pullmirror.service.d/50-store.conf || die 'no drop-in for the store'
before=$(snapshot | grep -v 'systemd/system')
files=$(find /etc/systemd/system -type f -exec sha256sum {} +)
expect 0 bundle/install.sh --bundle "$here/bundle.tar.gz" --node "$here/node"
says 'is here already'
diff <(printf '%s\n' "$before") <(snapshot | grep -v 'systemd/system') || die 'a second run changed something'
[ "$files" = "$(find /etc/systemd/system -type f -exec sha256sum {} +)" ] || die 'a second run changed a unit'
expect 0 systemd-analyze verify --man=no /etc/systemd/system/pullmirror.service /etc/systemd/system/pullmirror.timer
if grep pullmirror said; then die 'systemd-analyze found the above'; fi

# --- credentials for root only are handed in by systemd ---
chmod 0600 /etc/pullmirror/credentials
expect 0 bundle/install.sh
grep -q '^LoadCredential=credentials:/etc/pullmirror/credentials' /etc/systemd/system/pullmirror.service.d/50-credentials.conf || die 'no LoadCredential'

# --- an upgrade, and back ---
first=$(readlink /opt/pullmirror/current)
sed -i "s/^  \"version\": .*/  \"version\": \"99.0.0\",/" bundle/package.json
expect 0 bundle/install.sh
expect 0 pullmirror --version
says '^99.0.0$'
[ "$(readlink /opt/pullmirror/previous)" = "$first" ] || die 'the earlier release was not kept'
expect 0 /opt/pullmirror/current/app/install.sh --rollback
expect 0 pullmirror --version
says "^$version\$"
expect 0 /opt/pullmirror/current/app/install.sh --rollback
expect 0 pullmirror --version
says '^99.0.0$'
# A release that does not start is not switched to.
printf 'throw new Error("broken on purpose");\n' >bundle/dist/cli.js
expect 1 bundle/install.sh
says 'does not start'
expect 0 pullmirror --version
says '^99.0.0$'
[ "$(find /opt/pullmirror/releases -mindepth 1 -maxdepth 1 | wc -l)" = 2 ] || die 'more than two releases are kept'
ok 'releases side by side'
