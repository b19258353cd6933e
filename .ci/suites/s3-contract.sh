#!/usr/bin/env bash
# What the embedded S3 server of the tests promises, asked of a real, independent one; known deviations are listed by name.
# time limit: 4 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
stop() {
  if [ -f "$scratch/rgw/pids" ]; then xargs -a "$scratch/rgw/pids" kill -9 || true; fi
  rm -rf "$scratch"
}
trap stop EXIT

export MONPORT=${MONPORT:-16790}
port=${RGW_PORT:-18490}
bash test/servers/rgw-up.sh "$scratch/rgw" "$port"
RGW_ENDPOINT="http://127.0.0.1:$port" npx tap test/contract/radosgw.ts
