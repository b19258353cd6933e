#!/usr/bin/env bash
# The crontab lines of docs/uploading.md, run as cron would: a tarball and a database dump go up with the strict key, are promoted, mirrored, given
# back, decrypted and compared. The server is versitygw, which is versioned and obeys conditional writes (docs/s3-servers.md).
# time limit: 5 min
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

scratch=$(mktemp -d)
# The mount point that the tarball's line names; what a machine may have there is not touched.
made_data=no
stop() {
  gpgconf --homedir "$scratch/gnupg" --kill gpg-agent || true
  gpgconf --homedir "$scratch/root/.gnupg" --kill gpg-agent || true
  if [ -f "$scratch/s3/pids" ]; then xargs -a "$scratch/s3/pids" kill || true; fi
  if [ $made_data = yes ]; then rmdir /data; fi
  rm -rf "$scratch"
}
trap stop EXIT

# --- buckets, keys and their policies

port=${VERSITYGW_PORT:-18497}
endpoint=http://127.0.0.1:$port
bash test/servers/versitygw-up.sh "$scratch/s3" "$port"
versitygw=$(bash test/servers/go-program.sh versitygw)
for user in web1 mirror promoter; do
  "$versitygw" admin --access AKroot --secret SKroot-secret --endpoint-url "$endpoint" create-user \
    --access "AK$user" --secret "SK$user-secret" --role user >/dev/null
done
node test/crontab/left-half.ts set-up "$endpoint"

# --- the web server: /data, /root with the passphrase and the strict key

mkdir -m 700 "$scratch"/{root,gnupg} && mkdir -p "$scratch"/{data/www/images,store,state,back}
printf 'correct horse battery staple\n' >"$scratch/root/key"
{
  bash test/clients/read-block.sh docs/uploading.md 'in the home directory: .s3cfg' |
    sed 's/KEY-ID/AKweb1/; s/SECRET/SKweb1-secret/; s/eu-central-1/us-east-1/'
  printf '%s\n' "host_base = 127.0.0.1:$port" "host_bucket = 127.0.0.1:$port" 'use_https = False'
} >"$scratch/root/.s3cfg"
chmod 600 "$scratch"/root/{key,.s3cfg}
for page in 1 2 3; do printf '<?php echo "page %s";\n' $page >"$scratch/data/www/page $page.php"; done
head -c 30M /dev/urandom >"$scratch/data/www/images/photos.raw"
printf 'naïve — Größe 50 %%\n' >"$scratch/data/www/ümläut.txt"
ln -s 'page 1.php' "$scratch/data/www/index.php"
sqlite3 "$scratch/data/site.db" "CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT NOT NULL, note TEXT);
  WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 50000)
  INSERT INTO visits SELECT n, 'page ' || (n % 3), 'it''s visit ' || hex(randomblob(16)) || ' — ü' FROM counter;
  CREATE INDEX pages ON visits (page);"

# --- cron

bash test/clients/read-block.sh docs/uploading.md crontab >"$scratch/crontab"
[ "$(wc -l <"$scratch/crontab")" = 2 ]
if [ ! -d /data ]; then
  mkdir /data
  made_data=yes
fi
# as_cron LINE: cron splits off five fields, ends the command at the first bare %, takes \% for %, and gives it to sh with next to no environment.
as_cron() {
  local minute hour day month weekday command status=0
  read -r minute hour day month weekday command <<<"$1"
  for field in "$minute" "$hour" "$day" "$month" "$weekday"; do [[ $field =~ ^[0-9*,/-]+$ ]]; done
  if [[ ${command//'\%'/} == *%* ]]; then
    printf 'a bare %% would end this line: %s\n' "$command" >&2
    return 1
  fi
  # shellcheck disable=SC2016 # The inner shell's own arguments.
  unshare --mount --propagation private sh -euc '
    mount --bind "$1/data" /data
    mount --bind "$1/root" /root
    cd /root
    exec env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c "$2"
  ' sh "$scratch" "${command//'\%'/%}" </dev/null >"$scratch/mail" 2>&1 || status=$?
  # What a command says is mailed to somebody.
  if [ $status != 0 ] || [ -s "$scratch/mail" ]; then
    printf 'status %s: %s\n' $status "$command" >&2
    cat "$scratch/mail" >&2
    return 1
  fi
}
while read -r line; do
  as_cron "$line"
  printf 'cron ran: %s\n' "${line:0:100}…"
done <"$scratch/crontab"

# --- the promoter, as Lambda calls it

node test/crontab/left-half.ts promote "$endpoint"

# --- the mirror

cat >"$scratch/credentials" <<'CREDENTIALS'
[mirror]
aws_access_key_id = AKmirror
aws_secret_access_key = SKmirror-secret
CREDENTIALS
chmod 600 "$scratch/credentials"
cat >"$scratch/config.yaml" <<CONFIG
timezone: Europe/Berlin
store: { path: $scratch/store, minFree: 100MB }
state: $scratch/state
vaults:
  - name: web
    bucket: example-vault
    region: us-east-1
    endpoint: $endpoint
    forcePathStyle: true
    credentials: { file: $scratch/credentials, profile: mirror }
series:
  - { name: files, vault: web, match: "web1/{date}.tar.gz.gpg" }
  - { name: sql, vault: web, match: "web1/{date}.{hour}.sql.gz.gpg" }
CONFIG
mirror() { node_modules/.bin/node dist/cli.js --config "$scratch/config.yaml" "$@"; }
mirror init "$scratch/store" --not-a-mount
mirror sync
mirror list

# --- given back

decrypt() {
  gpg --homedir "$scratch/gnupg" --batch --quiet --pinentry-mode loopback --passphrase-file "$scratch/root/key" --decrypt
}
(cd "$scratch/store/web" && sha256sum --quiet -c SHA256SUMS && [ "$(wc -l <SHA256SUMS)" = 2 ])
mirror restore --series files --latest --stdout | decrypt | tar -xz -C "$scratch/back" 2>"$scratch/tar"
grep -qx "tar: Removing leading \`/' from member names" "$scratch/tar"
diff -r --no-dereference "$scratch/data" "$scratch/back/data"
mirror restore --series sql --latest --stdout | decrypt | gunzip | sqlite3 "$scratch/back/site.db"
diff <(sqlite3 "$scratch/data/site.db" .dump) <(sqlite3 "$scratch/back/site.db" .dump)
[ "$(sqlite3 "$scratch/back/site.db" 'SELECT count(*) FROM visits')" = 50000 ]
printf 'tarball and dump: server, inbox, vault, disk, and back, all equal, after %s s\n' $SECONDS
