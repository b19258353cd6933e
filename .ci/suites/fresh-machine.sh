#!/usr/bin/env bash
# A newcomer's machine: a clone, no root, the Node and npm that are there (of any age): install, demo, npx; and the tests that root cannot run.
# time limit: 8 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
root=$PWD

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 0755 "$scratch"
git -c safe.directory='*' clone --quiet "$root" "$scratch/clone"
mkdir "$scratch/home" "$scratch/tmp"
# How this machine reaches the package registry is its own affair.
cp "$(npm config get userconfig 2>/dev/null)" "$scratch/home/.npmrc" 2>/dev/null || true
chown -R 65534:65534 "$scratch/clone" "$scratch/home" "$scratch/tmp"

# The suites have the Node of the lockfile on their PATH; a newcomer has not.
path=${PATH#"$root/node_modules/.bin:"}
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups \
    env HOME="$scratch/home" TMPDIR="$scratch/tmp" PATH="$path" npm_config_cache="$scratch/home/npm" "$@"
}

cd "$scratch/clone"
printf 'node %s, npm %s, uid %s\n' "$(as_nobody node --version)" "$(as_nobody npm --version)" "$(as_nobody id -u)"
as_nobody npm ci
test "$(as_nobody npx --no-install pullmirror --version)" = "$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)"
begun=$SECONDS
as_nobody npm run demo
took=$((SECONDS - begun))
printf 'the demo took %s s\n' "$took"
test "$took" -le 30
as_nobody npx --no-install tap test/vault/load-credentials.test.ts test/store/partial-file.test.ts test/jobs/run-pass.test.ts
as_nobody "$scratch/clone/node_modules/.bin/node" test/kill/main.ts sync dist/cli.js 10 1
