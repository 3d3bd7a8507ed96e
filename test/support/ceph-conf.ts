/**
 * The smallest Ceph that answers S3: one monitor, one manager, one OSD on a sparse file, no authentication inside, all
 * below one directory.
 */
export const cephConf = (
  d: string,
  { fsid, ports }: { fsid: string; ports: { monV2: number; monV1: number; s3: number } },
): string => `
[global]
fsid = ${fsid}
mon_initial_members = a
mon_host = [v2:127.0.0.1:${ports.monV2}/0,v1:127.0.0.1:${ports.monV1}/0]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
osd_op_queue = wpq
osd_memory_target = 1073741824
run_dir = ${d}/run
log_file = ${d}/log/$name.log
pid_file = ${d}/run/$name.pid
admin_socket = ${d}/run/$name.asok
crash_dir = ${d}/crash
mon_data = ${d}/mon
mgr_data = ${d}/mgr
mon_cluster_log_file = ${d}/log/cluster.log

[osd]
osd_data = ${d}/osd0
osd_objectstore = bluestore
bluestore_block_size = 6442450944
bluestore_block_create = true
osd_class_load_list = *
osd_class_default_list = *

[client.rgw]
rgw_data = ${d}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${ports.s3}
rgw_dns_name = localhost
rgw_crypt_require_ssl = false
rgw_lc_debug_interval = 10
# Sessions of roles (AssumeRole); the key seals their tokens and has 16 characters.
rgw_sts_key = 0123456789abcdef
rgw_s3_auth_use_sts = true
# Without this radosgw waits for ever where authentication is off.
ms_mon_client_mode = crc secure
`
