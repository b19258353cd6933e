#!/usr/bin/env bash
# Runs as root after the others: --uninstall and --purge leave nothing but the store, wherever it lies.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

ok() { printf 'ok - %s\n' "$*"; }
die() {
  printf 'NOT ok - %s\n' "$*"
  exit 1
}
store_sum() { (cd "$1" && find . -printf '%p %U %m %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort) | sha256sum; }

cp /opt/pullmirror/current/app/install.sh .
printf 'an archive' >/srv/archive/archive.gpg
before=$(store_sum /srv/archive)

/opt/pullmirror/current/app/install.sh --uninstall
[ -z "$(find /opt /usr/local -name '*pullmirror*')" ] || die 'the program is still there'
[ -z "$(find /etc/systemd -name '*pullmirror*')" ] || die 'a unit is still there'
[ -e /etc/pullmirror/config.yaml ] || die 'the configuration did not survive --uninstall'
[ -e /var/lib/pullmirror ] || die 'the state did not survive --uninstall'
ok '--uninstall'

# A store in a place where nobody should have put it.
mkdir -p /var/lib/pullmirror/store/.pullmirror
printf '{}' >/var/lib/pullmirror/store/.pullmirror/store.json
./install.sh --purge
[ ! -e /etc/pullmirror ] || die '--purge left the configuration'
[ -e /var/lib/pullmirror/store/.pullmirror/store.json ] || die '--purge removed a store inside the state directory'
rm -r /var/lib/pullmirror/store
./install.sh --purge
[ ! -e /var/lib/pullmirror ] || die '--purge left the state'
[ "$(store_sum /srv/archive)" = "$before" ] || die 'the store was touched'
left=$(find / -xdev -name '*pullmirror*' ! -path '/proc/*' ! -path '/sys/*' ! -path '/srv/archive/*' ! -path "$PWD/*" ! -path '/var/log/*')
[ -z "$left" ] || die "left behind: $left"
ok '--purge'
