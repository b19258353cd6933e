#!/usr/bin/env bash
# The program killed with SIGKILL at random moments of its work, hundreds of times: test/kill/. The same seed gives the same vault and the same
# delays.
# time limit: 35 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seed=${KILL_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
printf 'KILL_SEED=%s\n' "$seed"
for scenario in sync repair prune recovery; do
  node_modules/.bin/node test/kill/main.ts "$scenario" dist/cli.js 200 "$seed"
done
