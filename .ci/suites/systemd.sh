#!/usr/bin/env bash
# The units: syntax, references, and how much of the system they leave open. Works where neither pullmirror nor its user exists.
# time limit: 2 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly MAX_EXPOSURE=2.0 # of 10

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp systemd/pullmirror.service systemd/pullmirror.timer "$scratch"
# The program need not be installed: only its path is replaced.
sed -i 's,^ExecStart=/opt/pullmirror/current/bin/pullmirror,ExecStart=/bin/true,' "$scratch/pullmirror.service"
grep -q '^ExecStart=/bin/true sync ' "$scratch/pullmirror.service"

# Words of systemd-analyze about the units are mistakes, also where it exits 0.
status=0
said=$(systemd-analyze verify --man=no "$scratch/pullmirror.service" "$scratch/pullmirror.timer" 2>&1) || status=$?
if [ "$status" != 0 ] || grep -qF pullmirror <<<"$said"; then
  printf 'systemd-analyze verify (exit status %s):\n%s\n' "$status" "$said"
  exit 1
fi

exposure=$(systemd-analyze security --offline=true --no-pager "$scratch/pullmirror.service" |
  sed -n 's/.*Overall exposure level for pullmirror.service: \([0-9.]*\).*/\1/p')
printf 'exposure: %s (at most %s)\n' "$exposure" "$MAX_EXPOSURE"
awk -v is="$exposure" -v most="$MAX_EXPOSURE" 'BEGIN { exit !(is != "" && is + 0 <= most) }'

# A typing error must be found, or the checks above mean nothing.
sed 's,^ProtectHome=,ProtectHomes=,' "$scratch/pullmirror.service" >"$scratch/pullmirror-bad.service"
systemd-analyze verify --man=no "$scratch/pullmirror-bad.service" 2>&1 | grep -q ProtectHomes

systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' systemd/pullmirror.timer)" --iterations=2
# sysusers ends with 0 also for a file that it cannot read: it has to say what it would make.
systemd-sysusers --dry-run --replace=/usr/lib/sysusers.d/pullmirror.conf "$PWD/systemd/pullmirror.sysusers" 2>&1 | tee "$scratch/sysusers"
grep -qi 'pullmirror' "$scratch/sysusers" || getent passwd pullmirror
