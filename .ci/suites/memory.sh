#!/usr/bin/env bash
# The memory budget of sync and prune: 100,000 archives, one of 3 GiB, keep rules over 100,000 archives of one series, and 50,000 that are gone.
# time limit: 18 min
set -euo pipefail
cd "$(dirname "$0")/../.."
node test/memory/measure-sync.ts
node test/memory/measure-keeping.ts
node test/memory/measure-vanished.ts 50000
