#!/usr/bin/env bash
# Every shell script of the repository, and the one that pullmirror writes onto each disk.
# time limit: 2 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

node=node_modules/.bin/node
$node --input-type=module --eval \
  'import { RESTORE_SCRIPT } from "./src/store/restore-script.ts"; process.stdout.write(RESTORE_SCRIPT);' >"$scratch/restore.sh"
[ "$(head -n 1 "$scratch/restore.sh")" = '#!/bin/sh' ]
mapfile -d '' -t scripts < <(find install.sh systemd .ci test \( -name '*.sh' -o -path .ci/run \) -type f -print0)
shellcheck "${scripts[@]}" "$scratch/restore.sh"
printf '%s scripts and restore.sh are clean\n' "${#scripts[@]}"
