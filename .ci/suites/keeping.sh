#!/usr/bin/env bash
# Keeping: quiet years; many months with an attacker, always the same worlds; then a flood of ten thousand archives on a disk that is too small for it.
# A world that fails prints its seed: node test/keeping/main.ts --seed N --months 2 plays it again.
# time limit: 12 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

node=node_modules/.bin/node
disk=$(mktemp -d)
stop() {
  if mountpoint -q "$disk"; then umount "$disk"; fi
  rmdir "$disk"
}
trap stop EXIT

QUIET_DAYS=365 npx tap test/keeping/quiet-years.test.ts
printf 'quiet years after %s s\n' $SECONDS

# Both cores.
first=$(mktemp)
second=$(mktemp)
$node test/keeping/main.ts --seed 1000 --months 70 >"$first" 2>&1 &
one=$!
$node test/keeping/main.ts --seed 2000 --months 70 >"$second" 2>&1 &
other=$!
failed=0
wait $one || failed=1
wait $other || failed=1
cat "$first" "$second"
rm "$first" "$second"
[ $failed = 0 ]
printf 'worlds after %s s\n' $SECONDS

mount -t tmpfs -o size=1000m,mode=0755 tmpfs "$disk"
$node test/keeping/flood-main.ts --folder "$disk"
printf 'the flood after %s s\n' $SECONDS
