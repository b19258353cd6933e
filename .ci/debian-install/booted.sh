#!/usr/bin/env bash
# Runs as root under a booted systemd, after inside.sh: the hardened unit with its credential, for real.
set -euo pipefail

ok() { printf 'ok - %s\n' "$*"; }
die() {
  printf 'NOT ok - %s\n' "$*"
  systemctl status --no-pager pullmirror.service pullmirror.timer || true
  journalctl --no-pager -u pullmirror.service || true
  exit 1
}

systemctl is-active --quiet pullmirror.timer || die 'the timer is not active after boot'
ok 'the timer is active after boot'

# Nobody listens at the endpoint: exit status 75, from pullmirror itself. 78 would mean that the credential did not arrive; 200 and above,
# that systemd could not set the unit up.
systemctl start pullmirror.service && die 'a pass without a vault succeeded'
status=$(systemctl show --property=ExecMainStatus --value pullmirror.service)
[ "$status" = 75 ] || die "exit status $status instead of 75"
ok 'a pass without a vault ends with 75'
systemctl --failed --plain --no-legend | grep -q pullmirror.service || die 'the failure is not visible'
ok 'and is visible in systemctl --failed'
journalctl --no-pager -q -u pullmirror.service -o cat | grep -F 127.0.0.1:9 >/dev/null || die 'the journal does not name the endpoint'
ok 'and in the journal, with the endpoint'
[ "$(systemctl show --property=NextElapseUSecRealtime --value pullmirror.timer)" != '' ] || die 'no next pass is due'
ok 'the next pass is due all the same'

# The vault comes up, and a pass goes well: the hardened unit can do all that it has to do, and the failure is forgotten.
ln -sfn /opt/pullmirror/current/app/node_modules /trial/node_modules
systemd-run --quiet --unit=vault /opt/pullmirror/current/node /trial/vault.mjs
for _ in $(seq 100); do
  if (exec 3<>/dev/tcp/127.0.0.1/9000) 2>/dev/null; then break; fi
  sleep 0.1
done
sed -i 's,http://127.0.0.1:9",http://127.0.0.1:9000",' /etc/pullmirror/config.yaml
systemctl start pullmirror.service || die 'a pass with a vault failed'
if systemctl is-failed --quiet pullmirror.service; then die 'the unit is still failed'; fi
ok 'a pass with a vault clears the failure'
(cd /srv/archive/web && sha256sum --check --quiet --strict SHA256SUMS) || die 'SHA256SUMS does not fit'
[ "$(find /srv/archive/web -type f ! -name SHA256SUMS | wc -l)" = 21 ] || die 'not all archives arrived'
[ -z "$(find /srv/archive/web -type f ! -name SHA256SUMS ! -perm 0440)" ] || die 'the mode of an archive'
ok '21 archives are on the disk, sha256sum agrees'
pullmirror list >/trial/list || die "pullmirror list: exit status $?"
grep -q large /trial/list || die 'the list does not name the archive'
pullmirror status || die "pullmirror status: exit status $?"
ok 'list and status by hand'
[ -z "$(find /srv/archive /var/lib/pullmirror /var/cache/pullmirror ! -user pullmirror)" ] || die 'files of another owner'
ok 'all files belong to pullmirror'
