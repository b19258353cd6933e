#!/usr/bin/env bash
# The program killed with SIGKILL at random moments of its work, hundreds of times: test/kill/. The same seed gives the same vault and the same
# delays.
# time limit: 16 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seed=${KILL_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
printf 'KILL_SEED=%s\n' "$seed"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# All scenarios of one core, one after the other.
kill_in() {
  local scenario
  for scenario in "$@"; do
    node_modules/.bin/node test/kill/main.ts "$scenario" dist/cli.js 80 "$seed" || return
  done
}

kill_in sync prune >"$scratch/one.txt" 2>&1 &
one=$!
kill_in repair recovery >"$scratch/other.txt" 2>&1 &
other=$!
failed=0
wait $one || failed=1
wait $other || failed=1
cat "$scratch"/{one,other}.txt
[ $failed = 0 ]
