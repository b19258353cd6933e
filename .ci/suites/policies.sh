#!/usr/bin/env bash
# The documents that `cloud policies` prints, enforced by real servers: every cell of the policy table is done for real on radosgw and on MinIO;
# and the lines of docs/uploading.md, by s3cmd, aws-cli and rclone with the strict key, whole and in parts, from files and from pipes.
# time limit: 10 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
stop() {
  for server in "$scratch"/*/pids; do xargs -a "$server" kill -9 || true; done
  rm -rf "$scratch"
}
trap stop EXIT

# Whatever this machine's own settings for a cloud are, they are not meant here.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1
# Newer clients add checksums that Debian's radosgw (16.2) does not know.
export AWS_REQUEST_CHECKSUM_CALCULATION=when_required AWS_RESPONSE_CHECKSUM_VALIDATION=when_required

# --- the policy table

export MONPORT=${MONPORT:-16798}
port=${RGW_PORT:-18498}
endpoint=http://127.0.0.1:$port
bash test/servers/rgw-up.sh "$scratch/rgw" "$port"
CEPH_CONF=$scratch/rgw/ceph.conf node test/cloud/policies/enforce.ts radosgw "$endpoint"
printf 'radosgw enforces the table, after %s s\n' $SECONDS

mc=$(bash test/servers/go-program.sh mc)
bash test/servers/minio-up.sh "$scratch/minio" "${MINIO_PORT:-18499}"
node test/cloud/policies/enforce.ts minio "http://127.0.0.1:${MINIO_PORT:-18499}" "$mc"
xargs -a "$scratch/minio/pids" kill
rm -rf "$scratch/minio"
printf 'MinIO enforces the table, after %s s\n' $SECONDS

# --- real clients, with the strict key and the very lines of the documentation

# The user and the secret are those of test/cloud/policies/set-up-account.ts.
mkdir -p "$scratch"/{home/.aws,home/.config/rclone,bin,files}
settings() {
  bash test/clients/read-block.sh docs/uploading.md "in the home directory: $1" |
    sed 's/KEY-ID/backups-server-web1/; s/SECRET/secret-of-backups-server-web1/; s/eu-central-1/us-east-1/'
}
{
  settings .s3cfg
  printf '%s\n' "host_base = 127.0.0.1:$port" "host_bucket = 127.0.0.1:$port" 'use_https = False'
} >"$scratch/home/.s3cfg"
settings .aws/credentials >"$scratch/home/.aws/credentials"
{
  settings .config/rclone/rclone.conf | sed 's/^provider = .*/provider = Ceph/'
  printf '%s\n' "endpoint = $endpoint"
} >"$scratch/home/.config/rclone/rclone.conf"
chmod 600 "$scratch"/home/{.s3cfg,.aws/credentials,.config/rclone/rclone.conf}
# Debian's aws-cli can be told of another endpoint on the command line only.
printf '#!/bin/sh\nexec %s --endpoint-url %s "$@"\n' "$(command -v aws)" "$endpoint" >"$scratch/bin/aws"
chmod +x "$scratch/bin/aws"

head -c 40M /dev/urandom >"$scratch/files/backup.tar.gz.gpg"
head -c 1M /dev/urandom >"$scratch/files/sql.gz.gpg"

# Who uploads owns the upload on radosgw, and not its administrator: it is the promoter who reads it.
as_promoter() {
  AWS_ACCESS_KEY_ID=backups-promoter AWS_SECRET_ACCESS_KEY=secret-of-backups-promoter aws --endpoint-url "$endpoint" s3api "$@"
}

uploads=0
for client in s3cmd aws rclone; do
  bash test/clients/read-block.sh docs/uploading.md "$client" >"$scratch/lines"
  [ "$(wc -l <"$scratch/lines")" -ge 3 ]
  while read -r line; do
    key=${line##*example-inbox/}
    name=${key##*/}
    # Bytes that no upload before had.
    printf '%s' "$line" | dd of="$scratch/files/$name" conv=notrunc status=none
    (cd "$scratch/files" && HOME=$scratch/home PATH=$scratch/bin:$PATH sh -c "$line") </dev/null
    etag=$(as_promoter get-object --bucket example-inbox --key "$key" --query ETag --output text "$scratch/arrived")
    cmp "$scratch/arrived" "$scratch/files/$name"
    case $etag in *-*) kind=parts ;; *) kind=whole ;; esac
    printf '%s %s\n' "$client" "$kind" >>"$scratch/kinds"
    printf 'arrived in %-5s: %s\n' "$kind" "$line"
    uploads=$((uploads + 1))
  done <"$scratch/lines"
done
for client in s3cmd aws rclone; do
  for kind in whole parts; do grep -qx "$client $kind" "$scratch/kinds"; done
done

# The same clients with the same key: what is not uploading is refused. radosgw's errors have no message, about which aws-cli stumbles (NoneType).
others=0
refused() {
  if (cd "$scratch/files" && HOME=$scratch/home PATH=$scratch/bin:$PATH "$@") >"$scratch/said" 2>&1 </dev/null; then
    printf 'not refused: %s\n' "$*" >&2
    return 1
  fi
  grep -qE "AccessDenied|Access Denied|403|Forbidden|argument of type 'NoneType'" "$scratch/said" || {
    printf 'failed, but not refused: %s\n' "$*" >&2
    cat "$scratch/said" >&2
    return 1
  }
  others=$((others + 1))
}
own=example-inbox/web1/backup.tar.gz.gpg
refused s3cmd get --force "s3://$own" taken
refused s3cmd ls s3://example-inbox/web1/
refused s3cmd del "s3://$own"
refused s3cmd put sql.gz.gpg s3://example-inbox/web2/sql.gz.gpg
refused s3cmd put sql.gz.gpg s3://example-vault/web1/sql.gz.gpg
refused s3cmd put --acl-public sql.gz.gpg s3://example-inbox/web1/sql.gz.gpg
refused s3cmd setacl --acl-public "s3://$own"
refused aws s3 cp "s3://$own" taken
refused aws s3 rm "s3://$own"
refused aws s3 cp backup.tar.gz.gpg s3://example-vault/web1/backup.tar.gz.gpg
refused aws s3 ls s3://example-inbox/web1/
refused aws s3api list-object-versions --bucket example-inbox --prefix web1/
refused aws s3api list-objects-v2 --bucket example-vault
refused aws s3 mb s3://example-new
refused rclone --retries 1 cat "inbox:$own"
refused rclone --retries 1 lsf inbox:example-inbox/web1
refused rclone --retries 1 delete inbox:example-inbox/web1
refused rclone --retries 1 copyto --no-check-dest sql.gz.gpg inbox:example-vault/web1/sql.gz.gpg
printf '%s uploads arrived, %s other commands of the same clients were refused, after %s s\n' "$uploads" "$others" $SECONDS
