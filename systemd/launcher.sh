#!/bin/sh
# bin/pullmirror of an installed release: starts it with the Node that it was installed with. Run by root (sudo), it first becomes the user
# that owns the store: no command of pullmirror needs root, and a store with root's files in it would stop the service.
set -eu

release=$(dirname "$(dirname "$(readlink -f "$0")")")
credentials=/etc/pullmirror/credentials
if [ -z "${AWS_SHARED_CREDENTIALS_FILE:-}" ] && [ -e "$credentials" ]; then
  export AWS_SHARED_CREDENTIALS_FILE="$credentials"
fi

set -- "$release/node" "$release/app/dist/cli.js" "$@"

if [ "$(id -u)" = 0 ]; then
  set -- setpriv --reuid=pullmirror --regid=pullmirror --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    env HOME=/var/lib/pullmirror USER=pullmirror LOGNAME=pullmirror "$@"
fi
exec "$@"
