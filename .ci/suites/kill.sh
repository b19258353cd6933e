#!/usr/bin/env bash
# Syncs killed with SIGKILL at random moments of their work, 200 of them: test/kill/. The same seed gives the same vault and the same delays.
# time limit: 12 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seed=${KILL_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
printf 'KILL_SEED=%s\n' "$seed"
node_modules/.bin/node test/kill/main.ts dist/cli.js 200 "$seed"
