#!/usr/bin/env bash
# minio-up.sh DIR PORT: a throw-away MinIO on 127.0.0.1 for tests; keys AKroot / SKroot-secret, region us-east-1. DIR is wiped.
# Needs: curl, and what go-program.sh needs.    Stop: xargs -a DIR/pids kill
# Users, groups and policies: mc=$(bash test/servers/go-program.sh mc); MC_CONFIG_DIR=DIR/mc \
#   MC_HOST_test=http://AKroot:SKroot-secret@127.0.0.1:PORT "$mc" admin user add test AKreader SKreader-secret
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=test/servers/start-servers.sh
. "$here/start-servers.sh"
D=$(realpath -m "$1")
PORT=$2
program=$(bash "$here/go-program.sh" minio)

rm -rf "$D"
mkdir -p "$D"/{data,home}
start minio env HOME="$D/home" MINIO_ROOT_USER=AKroot MINIO_ROOT_PASSWORD=SKroot-secret MINIO_REGION=us-east-1 MINIO_BROWSER=off MINIO_UPDATE=off \
  "$program" server --quiet --address "127.0.0.1:$PORT" "$D/data"
wait_for MinIO 300 answers "http://127.0.0.1:$PORT/minio/health/ready"
