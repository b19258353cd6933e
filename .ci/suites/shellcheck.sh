#!/usr/bin/env bash
# Every shell script of the repository, and the one that pullmirror writes onto each disk.
# time limit: 2 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mapfile -d '' -t scripts < <(git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run)
shellcheck "${scripts[@]}"
printf '%s scripts are clean\n' "${#scripts[@]}"
