#!/usr/bin/env bash
# Archives as people make them (tar, gzip, gpg), put into vaults on radosgw by s3cmd, aws-cli and rclone, in parts and whole; then the
# mirror with a key that can only read: every file equal, given back, read by gpg and tar, and nothing pulled twice.
# time limit: 6 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
export GNUPGHOME=$scratch/gnupg
stop() {
  gpgconf --kill gpg-agent || true
  if [ -f "$scratch/rgw/pids" ]; then xargs -a "$scratch/rgw/pids" kill -9 || true; fi
  rm -rf "$scratch"
}
trap stop EXIT
mkdir -m 700 "$GNUPGHOME" "$scratch"/{site,sent,store,state,back}

export MONPORT=${MONPORT:-16794}
port=${RGW_PORT:-18494}
endpoint=http://127.0.0.1:$port

# --- the vaults, and two keys: one that writes, one that only reads

bash test/servers/rgw-up.sh "$scratch/rgw" "$port"
# Whatever this machine's own settings for a cloud are, they are not meant here.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1
# Newer clients add checksums that Debian's radosgw (16.2) does not know.
export AWS_REQUEST_CHECKSUM_CALCULATION=when_required AWS_RESPONSE_CHECKSUM_VALIDATION=when_required
export AWS_ACCESS_KEY_ID=AKroot AWS_SECRET_ACCESS_KEY=SKroot
export CEPH_CONF=$scratch/rgw/ceph.conf
radosgw-admin -n client.rgw user create --uid=reader --display-name=reader --access-key=AKreader --secret-key=SKreader >/dev/null
cat >"$scratch/credentials" <<'CREDENTIALS'
[mirror]
aws_access_key_id = AKreader
aws_secret_access_key = SKreader
CREDENTIALS
cat >"$scratch/s3cfg" <<S3CFG
access_key = AKroot
secret_key = SKroot
host_base = 127.0.0.1:$port
host_bucket = 127.0.0.1:$port
use_https = False
S3CFG
cat >"$scratch/rclone.conf" <<RCLONE
[vault]
type = s3
provider = Ceph
access_key_id = AKroot
secret_access_key = SKroot
endpoint = $endpoint
no_check_bucket = true
RCLONE
chmod 600 "$scratch"/{credentials,s3cfg,rclone.conf}

s3cmd_put() { s3cmd --config="$scratch/s3cfg" --quiet put "$@"; }
s3() { aws --endpoint-url "$endpoint" s3 "$@"; }
s3api() { aws --endpoint-url "$endpoint" s3api "$@"; }
clone() { rclone --config="$scratch/rclone.conf" --log-level=ERROR "$@"; }

# vault NAME: a bucket whose policy lets the mirror's key list and read.
vault() {
  s3api create-bucket --bucket "$1"
  cat >"$scratch/policy.json" <<POLICY
{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": ["arn:aws:iam:::user/reader"] },
  "Action": ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetObject", "s3:GetObjectVersion", "s3:GetBucketVersioning"],
  "Resource": ["arn:aws:s3:::$1", "arn:aws:s3:::$1/*"] }] }
POLICY
  s3api put-bucket-policy --bucket "$1" --policy "file://$scratch/policy.json"
}
vault plain
vault versioned
s3api put-bucket-versioning --bucket versioned --versioning-configuration Status=Enabled

# --- the web servers

printf 'correct horse battery staple\n' >"$scratch/passphrase"
encrypt() {
  gpg --batch --no-tty --quiet --pinentry-mode loopback --passphrase-file "$scratch/passphrase" --cipher-algo AES256 -c
}
decrypt() { gpg --batch --no-tty --quiet --pinentry-mode loopback --passphrase-file "$scratch/passphrase" -d; }

# photos MEBIBYTES NAME: bytes that do not compress, the same ones for the same arguments.
photos() { openssl enc -aes-128-ctr -pbkdf2 -pass "pass:$2" -nosalt -in /dev/zero 2>/dev/null | head -c "$1M" || true; }

# files MEBIBYTES NAME: a site, made into an archive, to standard output and to sent/NAME.
files() {
  printf '<?php echo "%s";\n' "$2" >"$scratch/site/index.php"
  photos "$1" "$2" >"$scratch/site/photos.jpg"
  mkdir -p "$(dirname "$scratch/sent/$2")"
  tar -cP "$scratch/site" | gzip -1 | encrypt | tee "$scratch/sent/$2"
}

# dump ROWS NAME: the same of a database.
dump() {
  mkdir -p "$(dirname "$scratch/sent/$2")"
  seq "$1" | sed "s,.*,INSERT INTO visits VALUES (&\, '$2');," | gzip | encrypt | tee "$scratch/sent/$2"
}

# sent PROOF NAME…: what the mirror has to say about these uploads. radosgw has no checksums: an ETag is the best proof.
sent() {
  local proof=$1 name
  shift
  for name in "$@"; do
    printf '%s\t%s\t%s\t%s\t%s\n' "${name%%/*}" "${name#*/}" "$(stat -c %s "$scratch/sent/$name")" \
      "$(sha256sum <"$scratch/sent/$name" | cut -d' ' -f1)" "$proof" >>"$scratch/uploads.tsv"
  done
}

name=plain/web1/2026-11-19.tar.gz.gpg
files 620 $name | s3cmd_put - s3://$name
sent etag-multipart $name
name=plain/web1/2026-11-20.13.sql.gz.gpg
dump 200000 $name | s3cmd_put - s3://$name
sent etag-multipart $name
name=plain/web1/2026-11-20.14.sql.gz.gpg
dump 100000 $name >/dev/null
s3cmd_put "$scratch/sent/$name" s3://$name
sent etag-md5 $name

name=plain/web2/2026-11-20.tar.gz.gpg
files 260 $name >/dev/null
s3 cp --quiet "$scratch/sent/$name" s3://$name
sent etag-multipart $name
name=plain/web2/2026-11-20.13.sql.gz.gpg
dump 150000 $name | s3 cp --quiet - s3://$name
sent etag-md5 $name

name=plain/web3/2026-11-20.tar.gz.gpg
files 210 $name >/dev/null
clone copyto "$scratch/sent/$name" vault:$name
sent etag-multipart $name
name=plain/web3/2026-11-21.tar.gz.gpg
files 40 $name | clone rcat vault:$name
sent etag-multipart $name
name=plain/web3/2026-11-20.13.sql.gz.gpg
dump 50000 $name >/dev/null
clone copyto "$scratch/sent/$name" vault:$name
sent etag-md5 $name

# The same once more, small, where each upload is a version; the last dump bears one name and is sent twice.
name=versioned/web1/2026-11-21.tar.gz.gpg
files 20 $name | s3cmd_put - s3://$name
sent etag-multipart $name
name=versioned/web2/2026-11-21.tar.gz.gpg
files 9 $name | s3 cp --quiet - s3://$name
sent etag-multipart $name
name=versioned/web3/2026-11-21.13.sql.gz.gpg
dump 30000 $name | clone rcat vault:$name
sent etag-md5 $name
name=versioned/web3/latest.sql.gz.gpg
for rows in 1000 2000; do
  dump "$rows" $name | s3 cp --quiet - s3://$name
  sent etag-md5 $name
done

total=$(awk -F'\t' '{ sum += $3 } END { print sum }' "$scratch/uploads.tsv")
largest=$(cut -f3 "$scratch/uploads.tsv" | sort -n | tail -n 1)
printf '%s bytes uploaded after %s s, the largest archive has %s\n' "$total" $SECONDS "$largest"
[ "$total" -gt $((1024 * 1024 * 1024)) ]
[ "$largest" -ge $((600 * 1024 * 1024)) ]

# --- the mirror

for name in plain versioned; do
  cat <<VAULT >>"$scratch/vaults"
  - name: $name
    bucket: $name
    region: us-east-1
    endpoint: $endpoint
    forcePathStyle: true
    credentials: { file: $scratch/credentials, profile: mirror }
VAULT
done
cat >"$scratch/config.yaml" <<CONFIG
timezone: Europe/Berlin
store: { path: $scratch/store, minFree: 100MB }
state: $scratch/state
vaults:
$(cat "$scratch/vaults")
series:
  - { name: web1-files, vault: plain, match: "web1/{date}.tar.gz.gpg" }
  - { name: web2-files, vault: plain, match: "web2/{date}.tar.gz.gpg" }
  - { name: dumps, vault: plain, match: "{name}/{date}.{hour}.sql.gz.gpg" }
  - { name: latest, vault: versioned, match: "web3/latest.sql.gz.gpg", versions: true }
CONFIG

mirror() { node_modules/.bin/node dist/cli.js --config "$scratch/config.yaml" "$@"; }
# Bytes of object data that radosgw has sent, by its own count.
served() {
  ceph --admin-daemon "$(echo "$scratch"/rgw/run/client.rgw.*.asok)" perf dump | sed -n 's/^ *"get_b": \([0-9]*\),$/\1/p'
}

mirror config check >/dev/null
mirror init "$scratch/store" --not-a-mount
mirror doctor
# Its key has no power.
as_mirror() { s3cmd --config="$scratch/s3cfg" --access_key=AKreader --secret_key=SKreader --quiet "$@"; }
denied() {
  if as_mirror "$@" 2>"$scratch/denied"; then return 1; fi
  grep -q AccessDenied "$scratch/denied"
}
denied put "$scratch/passphrase" s3://plain/web1/new
denied put "$scratch/passphrase" s3://plain/web1/2026-11-20.14.sql.gz.gpg
denied del s3://plain/web1/2026-11-20.14.sql.gz.gpg

before=$(served)
mirror sync --json >"$scratch/first.json"
after=$(served)
printf 'the first pass took %s bytes\n' $((after - before))
[ $(((after - before) * 100)) -le $((total * 102)) ]
before=$after
mirror sync --json >"$scratch/second.json"
[ "$(served)" = "$before" ]
mirror list --json >"$scratch/list.json"
node_modules/.bin/node test/clients/check-documents.ts "$scratch"
mirror status

# Every file as it was sent, without asking pullmirror.
(cd "$scratch/sent" && find . -type f -exec sha256sum {} +) >"$scratch/sent.sums"
(cd "$scratch/store" && sha256sum --quiet -c "$scratch/sent.sums")
for vault in plain versioned; do
  (cd "$scratch/store/$vault" && sha256sum --quiet -c SHA256SUMS)
  archives=$(grep -c "^$vault	" "$scratch/uploads.tsv")
  [ "$(wc -l <"$scratch/store/$vault/SHA256SUMS")" = "$archives" ]
  [ "$(find "$scratch/store/$vault" -type f ! -name SHA256SUMS | wc -l)" = "$archives" ]
done
[ -z "$(ls -A "$scratch/store/.pullmirror/partial")" ]

# --- given back

printf '%s\n' "$scratch"/site/{,index.php,photos.jpg} | sort >"$scratch/members"
members() { decrypt | tar -tPz | sort | diff "$scratch/members" -; }

mirror restore --series web1-files --latest --to "$scratch/back"
cmp "$scratch/back/2026-11-19.tar.gz.gpg" "$scratch/sent/plain/web1/2026-11-19.tar.gz.gpg"
members <"$scratch/back/2026-11-19.tar.gz.gpg"
mirror restore plain/web2/2026-11-20.tar.gz.gpg --stdout | members
mirror restore web3/2026-11-20.tar.gz.gpg --stdout | members
mirror restore versioned/web1/2026-11-21.tar.gz.gpg --stdout | members
name=plain/web3/2026-11-21.tar.gz.gpg
mirror restore $name --stdout | decrypt | tar -xPzO "$scratch/site/photos.jpg" | cmp - <(photos 40 $name)
[ "$(mirror restore web1/2026-11-20.13.sql.gz.gpg --stdout | decrypt | gunzip | wc -l)" = 200000 ]
[ "$(mirror restore --series latest --latest --stdout | decrypt | gunzip | wc -l)" = 2000 ]
printf 'given back and read by gpg and tar, after %s s\n' $SECONDS
