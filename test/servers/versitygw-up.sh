#!/usr/bin/env bash
# versitygw-up.sh DIR PORT: a throw-away versitygw (an S3 server over a POSIX file system) on 127.0.0.1 for tests; keys AKroot / SKroot-secret,
# region us-east-1. DIR is wiped; its file system needs user extended attributes (ext4 and XFS have them).
# Needs: curl, and what go-program.sh needs.    Stop: xargs -a DIR/pids kill
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=test/servers/start-servers.sh
. "$here/start-servers.sh"
D=$(realpath -m "$1")
PORT=$2
program=$(bash "$here/go-program.sh" versitygw)

rm -rf "$D"
mkdir -p "$D"/{data,versions,iam}
start versitygw "$program" --port "127.0.0.1:$PORT" --access AKroot --secret SKroot-secret --region us-east-1 --iam-dir "$D/iam" \
  --keep-alive --quiet --health /health posix --versioning-dir "$D/versions" "$D/data"
wait_for versitygw 100 answers "http://127.0.0.1:$PORT/health"
