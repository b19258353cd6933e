#!/usr/bin/env bash
# The keep rules beside `restic forget --dry-run`: histories across changes of the clock and ends of years, 200 sets of rules, the same kept.
# time limit: 8 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

restic version
exec node_modules/.bin/node test/restic/main.ts "${RESTIC_SEED:-1}"
