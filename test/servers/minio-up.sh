#!/usr/bin/env bash
# minio-up.sh DIR PORT: a throw-away MinIO on 127.0.0.1 for tests; keys AKroot / SKroot-secret, region us-east-1. DIR is wiped.
# Needs: curl, and what go-program.sh needs.    Stop: xargs -a DIR/pids kill
# Users, groups and policies: mc=$(bash test/servers/go-program.sh mc); MC_CONFIG_DIR=DIR/mc \
#   MC_HOST_test=http://AKroot:SKroot-secret@127.0.0.1:PORT "$mc" admin user add test AKreader SKreader-secret
set -euo pipefail

D=$(realpath -m "$1")
PORT=$2
program=$(bash "$(dirname "$(readlink -f "$0")")/go-program.sh" minio)

rm -rf "$D"
mkdir -p "$D"/{data,home}
HOME=$D/home MINIO_ROOT_USER=AKroot MINIO_ROOT_PASSWORD=SKroot-secret MINIO_REGION=us-east-1 MINIO_BROWSER=off MINIO_UPDATE=off \
  "$program" server --quiet --address "127.0.0.1:$PORT" "$D/data" >"$D/minio.out" 2>&1 </dev/null &
echo $! >"$D/pids"

left=300
until curl -sf -o /dev/null "http://127.0.0.1:$PORT/minio/health/ready"; do
  left=$((left - 1))
  if [ "$left" -le 0 ] || ! kill -0 "$(cat "$D/pids")"; then
    printf 'MinIO did not come up; see %s\n' "$D" >&2
    xargs -a "$D/pids" kill || true
    exit 1
  fi
  sleep .1
done
