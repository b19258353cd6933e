#!/usr/bin/env bash
# The memory budget of sync: 100,000 archives, and one of 3 GiB.
# time limit: 15 min
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node test/memory/measure-sync.ts
