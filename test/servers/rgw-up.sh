#!/usr/bin/env bash
# rgw-up.sh DIR PORT: a throw-away Ceph mon, osd and radosgw on 127.0.0.1 for tests; keys AKroot / SKroot. DIR is wiped.
# The monitor's port is $MONPORT (16789): give each instance its own.
# Needs (Debian): radosgw ceph-mon ceph-osd ceph-common curl.    Stop: xargs -a DIR/pids kill -9
# Another user: CEPH_CONF=DIR/ceph.conf radosgw-admin -n client.rgw user create --uid=reader --display-name=reader \
#   --access-key=AKreader --secret-key=SKreader --max-buckets=-1   then IAM PutUserPolicy as root on the same endpoint.
# CLASSES="GLACIER_IR DEEP_ARCHIVE" adds storage classes.
set -euo pipefail

# shellcheck source=test/servers/start-servers.sh
. "$(dirname "$(readlink -f "$0")")/start-servers.sh"
D=$(realpath -m "$1")
PORT=$2
MONPORT=${MONPORT:-16789}

rm -rf "$D"
mkdir -p "$D"/{mon,osd,run,rgw}
FSID=$(cat /proc/sys/kernel/random/uuid)
OSD=$(cat /proc/sys/kernel/random/uuid)
cat > "$D/ceph.conf" <<C
[global]
fsid = $FSID
mon_host = [v1:127.0.0.1:$MONPORT]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $D/run
admin_socket = $D/run/\$name.\$pid.asok
log_file = $D/\$name.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
[mon]
mon_data = $D/mon
mon_initial_members = a
mon_data_avail_crit = 1
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
[osd]
osd_data = $D/osd
osd_objectstore = bluestore
bluestore_block_size = 21474836480
osd_memory_target = 1073741824
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:$PORT
rgw_data = $D/rgw
rgw_thread_pool_size = 64
rgw_crypt_require_ssl = false
rgw_lc_debug_interval = 2
C
export CEPH_CONF="$D/ceph.conf"

admin() { timeout 60 radosgw-admin -n client.rgw "$@" > /dev/null; }

osd_is_up() { timeout 5 ceph osd stat 2> /dev/null | grep -q '1 up'; }

monmaptool --create --addv a "[v1:127.0.0.1:$MONPORT]" --fsid "$FSID" "$D/monmap" > /dev/null
ceph-mon --mkfs -i a --monmap "$D/monmap"
start mon ceph-mon -i a -f
timeout 20 ceph osd new "$OSD" > /dev/null
ceph-osd -i 0 --mkfs --osd-uuid "$OSD" > "$D/osd.mkfs" 2>&1
timeout 20 ceph osd crush add osd.0 1 root=default host=localhost 2> /dev/null
start osd ceph-osd -i 0 -f
wait_for osd 100 osd_is_up

admin user create --uid=root --display-name=root --access-key=AKroot --secret-key=SKroot \
  --caps='user-policy=*;users=*;buckets=*'
for class in ${CLASSES:-}; do
  admin zonegroup placement add --rgw-zonegroup=default --placement-id=default-placement --storage-class="$class"
  admin zone placement add --rgw-zone=default --placement-id=default-placement --storage-class="$class" \
    --data-pool=default.rgw.buckets.data
done
start rgw radosgw -n client.rgw -f
wait_for radosgw 300 answers "http://127.0.0.1:$PORT/"
