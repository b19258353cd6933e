#!/usr/bin/env bash
# The catalog lost and made again: damaged at random (test/recovery/; the same seed damages the same), and 10,000 archives rebuilt and adopted within
# the memory budget, killed on the way (test/memory/measure-recovery.ts); 100,000 of them in `npm run campaign`.
# time limit: 12 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seed=${RECOVERY_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
printf 'RECOVERY_SEED=%s\n' "$seed"
node_modules/.bin/node test/recovery/main.ts 60 "$seed"
node_modules/.bin/node test/memory/measure-recovery.ts 10000
