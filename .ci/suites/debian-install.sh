#!/usr/bin/env bash
# install.sh on a clean Debian 12 and 13 without network: what .ci/debian-install/ describes, once as plain root directories and once booted.
# time limit: 12 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT

# A fresh clone, built as the README says, and made into a bundle.
printf '[safe]\n\tdirectory = *\n' >"$scratch/gitconfig"
GIT_CONFIG_GLOBAL=$scratch/gitconfig git clone --quiet . "$scratch/clone"
node=$(readlink -f node_modules/.bin/node)
(
  cd "$scratch/clone"
  npm ci --silent
  ./install.sh --make-bundle "$scratch/bundle.tar.gz"
  node_modules/.bin/esbuild src/demo/s3-server/start-s3-server.ts --bundle --platform=node --format=esm --log-level=warning --outfile="$scratch/s3-server.mjs"
)

# Where this machine has its Debian from: no host name stands in this repository.
# shellcheck disable=SC2016 # apt fills it in
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
apt-config dump --format '%F "%v";%n' Acquire | grep -E '^Acquire::(Check|http|https|Retries|ForceIPv)[A-Za-z0-9_:.-]* "[^"]' >"$scratch/apt.conf" || true

# in ROOT SCRIPT [BOOT]: runs a script of .ci/debian-install in that root, without network.
inside() { systemd-nspawn --quiet --register=no --keep-unit --private-network --as-pid2 --directory="$1" /trial/"$2"; }

booted() {
  local root=$1
  cat >"$root/etc/systemd/system/checks.service" <<'UNIT'
[Unit]
After=timers.target network-online.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/trial/booted.sh >/trial/booted.log 2>&1; echo $? >/trial/booted.status'
ExecStopPost=systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
UNIT
  ln -s ../checks.service "$root/etc/systemd/system/multi-user.target.wants/checks.service"
  timeout 120 systemd-nspawn --quiet --register=no --keep-unit --private-network --boot --directory="$root" >"$scratch/console" 2>&1 || {
    tail -n 40 "$scratch/console"
    echo 'the container did not end well'
  }
  cat "$root/trial/booted.log"
  [ "$(cat "$root/trial/booted.status")" = 0 ]
  rm -f "$root/etc/systemd/system/checks.service" "$root/etc/systemd/system/multi-user.target.wants/checks.service"
}

for suite in bookworm trixie; do
  printf '\n# %s\n' "$suite"
  root=$scratch/$suite
  mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus --aptopt="$scratch/apt.conf" "$suite" "$root" "$mirror"
  mkdir "$root/trial"
  cp .ci/debian-install/* "$scratch/bundle.tar.gz" "$scratch/s3-server.mjs" "$node" "$root/trial"
  inside "$root" inside.sh
  booted "$root"
  inside "$root" leaving.sh
  rm -rf --one-file-system "$root"
done
