#!/usr/bin/env bash
# versitygw-up.sh DIR PORT: a throw-away versitygw (an S3 server over a POSIX file system) on 127.0.0.1 for tests; keys AKroot / SKroot-secret,
# region us-east-1. DIR is wiped; its file system needs user extended attributes (ext4 and XFS have them).
# Needs: curl, and what go-program.sh needs.    Stop: xargs -a DIR/pids kill
set -euo pipefail

D=$(realpath -m "$1")
PORT=$2
program=$(bash "$(dirname "$(readlink -f "$0")")/go-program.sh" versitygw)

rm -rf "$D"
mkdir -p "$D"/{data,versions,iam}
"$program" --port "127.0.0.1:$PORT" --access AKroot --secret SKroot-secret --region us-east-1 --iam-dir "$D/iam" \
  --keep-alive --quiet --health /health posix --versioning-dir "$D/versions" "$D/data" >"$D/versitygw.out" 2>&1 </dev/null &
echo $! >"$D/pids"

left=100
until curl -sf -o /dev/null "http://127.0.0.1:$PORT/health"; do
  left=$((left - 1))
  if [ "$left" -le 0 ] || ! kill -0 "$(cat "$D/pids")"; then
    printf 'versitygw did not come up; see %s\n' "$D" >&2
    xargs -a "$D/pids" kill || true
    exit 1
  fi
  sleep .1
done
