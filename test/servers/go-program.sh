#!/usr/bin/env bash
# go-program.sh versitygw|minio|mc: builds the pinned version of a server or client that tests run, unless the cache has it; prints its path.
# Needs Go 1.26 or later (on the PATH, or where its installer puts it) and the Go module proxy; 1 to 3 minutes on two cores, then never again: the cache is
# ${XDG_CACHE_HOME:-~/.cache}/pullmirror-test. Nothing of it is part of this project; MinIO and mc are AGPL programs, run as they are.
set -euo pipefail

case "$1" in
  versitygw) package=github.com/versity/versitygw/cmd/versitygw version=v1.8.0 ;;
  minio) package=github.com/minio/minio version=v0.0.0-20260212201848-7aac2a2c5b7c ;;
  mc) package=github.com/minio/mc version=v0.0.0-20250313080218-cf909e1063a9 ;;
  *) printf 'go-program.sh: versitygw, minio or mc, not %s\n' "$1" >&2 && exit 2 ;;
esac

command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
if ! command -v go >/dev/null; then
  printf 'go-program.sh: Go 1.26 or later is needed to build %s; see https://go.dev/doc/install\n' "$1" >&2
  exit 1
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pullmirror-test/$1-$version
mkdir -p "$cache"
# One builder at a time; who waited finds the program made. It gets its name when it is whole.
exec 9>"$cache/lock"
flock --timeout 900 9
if [ ! -x "$cache/$1" ]; then
  building=$cache/building
  rm -rf "$building"
  GOTOOLCHAIN=local GOFLAGS='' CGO_ENABLED=0 GOBIN=$building timeout 900 go install "$package@$version" >"$cache/log" 2>&1 || {
    printf 'go-program.sh: %s@%s cannot be built:\n' "$package" "$version" >&2
    tail -n 20 "$cache/log" >&2
    exit 1
  }
  mv "$building/$1" "$cache/$1"
  rm -rf "$building"
fi
printf '%s\n' "$cache/$1"
