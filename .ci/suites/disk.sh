#!/usr/bin/env bash
# The real program on small real filesystems: full, read-only, broken, pulled out, swapped, not giving back what was written. They are mounted
# where nobody else sees them.
# time limit: 5 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
stop() {
  # The mounts end with the processes that see them, and a loop device with its mount; what is left of an interrupted run is let go of here.
  losetup --list --noheadings --output NAME,BACK-FILE | while read -r device file; do
    case $file in "$scratch"/*) losetup --detach "$device" ;; esac
  done
  rm -rf --one-file-system "$scratch"
}
trap stop EXIT

TMPDIR=$scratch unshare --mount --propagation private npx tap --timeout=240 test/disk/real-disks.ts test/disk/bad-sectors.ts
