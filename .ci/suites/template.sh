#!/usr/bin/env bash
# The CloudFormation template: checked by cfn-lint, made into stacks by two independent implementations of CloudFormation, and the function
# out of it run by one of them, for uploads with the very keys and policies of the stack.
# time limit: 9 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill -9 "$pid" || true; done
  rm -rf "$scratch"
}
trap stop EXIT

ministack=${MINISTACK_PORT:-18571}
localstack=${LOCALSTACK_PORT:-18570}

# environment NAME: a Python environment with exactly the packages of requirements/NAME.txt. Each has its own: they want different botocores.
environment() {
  python3 -m venv "$scratch/$1"
  "$scratch/$1/bin/pip" install --quiet --disable-pip-version-check --requirement "test/cloud/template/requirements/$1.txt"
}
environment cfn-lint
environment ministack
environment localstack
printf 'installed after %s s\n' $SECONDS

# --- cfn-lint: no error and no warning. Its informational remarks are not asked for: it wants `AWS::Partition` where the template, which is
# for one region, names that region's partition (I3042), and a queue and a log to say that they are deleted with the stack (I3011).

node test/cloud/template/write-templates.ts "$scratch/templates"
for template in "$scratch"/templates/*.json; do
  name=$(basename "$template" .json)
  "$scratch/cfn-lint/bin/cfn-lint" --regions "${name%%.*}" -- "$template"
  printf 'cfn-lint is content with %s\n' "$name"
done
# That it can find something.
sed 's/"DeletionPolicy": *"Retain"/"DeletionPolicy": "Keep"/' "$scratch/templates/eu-central-1.least.json" >"$scratch/wrong.json"
if "$scratch/cfn-lint/bin/cfn-lint" --regions eu-central-1 -- "$scratch/wrong.json" >/dev/null; then exit 1; fi

# --- the servers, each on 127.0.0.1

# Whatever this machine's own settings for a cloud are, they are not meant here.
unset "${!AWS_@}"

# started PORT LOG: waits until somebody answers.
started() {
  local tries
  for ((tries = 0; tries < 120; tries++)); do
    if curl --silent --insecure --max-time 2 --output /dev/null "$1"; then return; fi
    sleep 0.5
  done
  tail -n 30 "$2"
  return 1
}

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$scratch/tls.key" -out "$scratch/tls.crt" 2>"$scratch/openssl.log"
# AUTH: policies are obeyed. TLS: they refuse everything without it. Functions run under the Node of the lockfile, with its AWS SDK where
# Lambda's runtime has one.
env AUTH=true AWS_ACCESS_KEY_ID=root AWS_SECRET_ACCESS_KEY=root MINISTACK_REGION=eu-central-1 \
  BIND_HOST=127.0.0.1 GATEWAY_PORT="$ministack" \
  USE_SSL=1 MINISTACK_SSL_CERT="$scratch/tls.crt" MINISTACK_SSL_KEY="$scratch/tls.key" NODE_EXTRA_CA_CERTS="$scratch/tls.crt" \
  NODE_PATH="$PWD/node_modules" PATH="$PWD/node_modules/.bin:$PATH" LAMBDA_ASYNC_RETRY_BASE_SECONDS=0.5 TMPDIR="$scratch" \
  "$scratch/ministack/bin/ministack" </dev/null >"$scratch/ministack.log" 2>&1 &
pids+=($!)
mkdir "$scratch/volume"
env GATEWAY_LISTEN="127.0.0.1:$localstack" DNS_ADDRESS=0 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 \
  LOCALSTACK_VOLUME_DIR="$scratch/volume" LOCALSTACK_FILESYSTEM_ROOT="$scratch/volume" XDG_CACHE_HOME="$scratch/cache" \
  "$scratch/localstack/bin/python" -m localstack.runtime.main </dev/null >"$scratch/localstack.log" 2>&1 &
pids+=($!)
started "https://127.0.0.1:$ministack" "$scratch/ministack.log"
started "http://127.0.0.1:$localstack" "$scratch/localstack.log"

LOCALSTACK_ENDPOINT="http://127.0.0.1:$localstack" npx tap --timeout=240 test/cloud/template/on-localstack.ts
MINISTACK_ENDPOINT="https://127.0.0.1:$ministack" MINISTACK_CERTIFICATE="$scratch/tls.crt" \
  npx tap --timeout=360 test/cloud/template/on-ministack.ts
