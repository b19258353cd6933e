#!/usr/bin/env bash
# The promoter: a thousand random interleavings on the embedded server and hundreds on versitygw, an independent one; then an upload of 6 GB.
# The seeds are always the same, so that a failure is of the change that is checked; `npm run campaign` plays more. A world that fails prints its own: node test/promoter/interleavings/main.ts --seed N --count 1 [--endpoint URL] plays it again.
# time limit: 20 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
stop() {
  if [ -f "$scratch/versitygw/pids" ]; then xargs -a "$scratch/versitygw/pids" kill -9 || true; fi
  rm -rf "$scratch"
}
trap stop EXIT

node=node_modules/.bin/node
port=${VERSITYGW_PORT:-18495}
endpoint=http://127.0.0.1:$port
bash test/servers/versitygw-up.sh "$scratch/versitygw" "$port"

# Both at once: there are two cores.
$node test/promoter/interleavings/main.ts --seed 1 --count 1000 >"$scratch/embedded.txt" 2>&1 &
embedded=$!
$node test/promoter/interleavings/main.ts --seed 100000 --count 250 --endpoint "$endpoint" >"$scratch/versitygw.txt" 2>&1 &
versitygw=$!
failed=0
wait $embedded || failed=1
wait $versitygw || failed=1
cat "$scratch"/{embedded,versitygw}.txt
[ $failed = 0 ]
printf 'interleavings after %s s\n' $SECONDS

$node test/promoter/large-upload/main.ts --endpoint "$endpoint"
printf 'the upload of 6 GB after %s s\n' $SECONDS
