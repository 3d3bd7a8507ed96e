import { z } from 'zod'

/**
 * The records we read, only with the fields we need (xapi data model 24.16). Members beyond them stay in the object
 * untouched; those younger than XenServer 7.1 have a default, so that old hosts are understood.
 */

export const NULL_REF = 'OpaqueRef:NULL'

export const RefText = z.string()

/** 64-bit integers arrive as untagged text. Every size in a pool is far below 2^53; others are refused, not rounded. */
const Integer = z
  .union([z.string().regex(/^-?\d+$/), z.int()])
  .transform(Number)
  .pipe(z.int())

export const Strings = z.record(z.string(), z.string())
export const Refs = z.array(RefText)

/** XAPI's "never" is the epoch. */
const Time = z.date().transform(date => date.getTime())

export const PoolRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  master: RefText,
  default_SR: RefText,
})

export const HostRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  address: z.string(),
  enabled: z.boolean(),
  metrics: RefText,
  control_domain: RefText.default(NULL_REF),
  software_version: Strings,
})

export const HostMetricsRecord = z.looseObject({ live: z.boolean() })

export const VmRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  name_description: z.string(),
  power_state: z.enum(['Halted', 'Paused', 'Running', 'Suspended']),
  is_a_template: z.boolean(),
  is_a_snapshot: z.boolean(),
  is_control_domain: z.boolean(),
  snapshot_of: RefText,
  snapshot_time: Time,
  suspend_VDI: RefText,
  resident_on: RefText,
  VBDs: Refs,
  VIFs: Refs,
  VTPMs: Refs.default([]),
  guest_metrics: RefText,
  metrics: RefText.default(NULL_REF),
  snapshots: Refs.default([]),
  xenstore_data: Strings.default({}),
  tags: z.array(z.string()),
  other_config: Strings,
  blocked_operations: Strings,
  current_operations: Strings,
  bios_strings: Strings.default({}),
})
export type VmRecord = z.infer<typeof VmRecord>

export const VbdRecord = z.looseObject({
  uuid: z.string(),
  VM: RefText,
  VDI: RefText,
  userdevice: z.string(),
  bootable: z.boolean(),
  mode: z.enum(['RO', 'RW']),
  type: z.enum(['Disk', 'CD', 'Floppy']),
  empty: z.boolean(),
  unpluggable: z.boolean(),
  currently_attached: z.boolean(),
  other_config: Strings,
  qos_algorithm_type: z.string(),
  qos_algorithm_params: Strings,
})
export type VbdRecord = z.infer<typeof VbdRecord>

export const VdiRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  name_description: z.string(),
  SR: RefText,
  VBDs: Refs,
  virtual_size: Integer,
  type: z.string(),
  sharable: z.boolean(),
  read_only: z.boolean(),
  managed: z.boolean(),
  missing: z.boolean(),
  is_a_snapshot: z.boolean(),
  snapshot_of: RefText,
  snapshot_time: Time,
  on_boot: z.string().default('persist'),
  allow_caching: z.boolean().default(false),
  cbt_enabled: z.boolean().default(false),
  sm_config: Strings.default({}),
  tags: z.array(z.string()),
  other_config: Strings,
  xenstore_data: Strings,
})
export type VdiRecord = z.infer<typeof VdiRecord>

export const VifRecord = z.looseObject({
  uuid: z.string(),
  device: z.string(),
  network: RefText,
  MAC: z.string(),
  MTU: z.union([z.string(), z.int()]).transform(String),
  other_config: Strings,
  qos_algorithm_type: z.string(),
  qos_algorithm_params: Strings,
  locking_mode: z.string().default('network_default'),
  ipv4_allowed: z.array(z.string()).default([]),
  ipv6_allowed: z.array(z.string()).default([]),
})

export const PvsProxyRecord = z.looseObject({ VIF: RefText })

export const NetworkRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  bridge: z.string().default(''),
  purpose: z.array(z.string()).default([]),
  PIFs: Refs.default([]),
})

/** VLAN is -1 where it is untagged. */
export const PifRecord = z.looseObject({ network: RefText, VLAN: Integer })

export const SrRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  type: z.string(),
  content_type: z.string(),
  physical_size: Integer,
  physical_utilisation: Integer,
  PBDs: Refs,
})

export const VmMetricsRecord = z.looseObject({ start_time: Time })

export const GuestMetricsRecord = z.looseObject({
  os_version: Strings,
  PV_drivers_detected: z.boolean().default(false),
})

export const TaskRecord = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  resident_on: RefText.default(NULL_REF),
  status: z.enum(['pending', 'success', 'failure', 'cancelling', 'cancelled']),
  progress: z.number(),
  result: z.string(),
  error_info: z.array(z.string()),
  other_config: Strings,
})
export type TaskRecord = z.infer<typeof TaskRecord>

/** Result of event.from. Snapshots are judged by whoever asked for their class. */
export const EventBatch = z.looseObject({
  token: z.string(),
  events: z.array(
    z.looseObject({
      class: z.string(),
      operation: z.enum(['add', 'mod', 'del']),
      ref: RefText,
      snapshot: z.unknown().optional(),
    }),
  ),
})
export type EventBatch = z.infer<typeof EventBatch>

/** Result of VDI.get_nbd_info: one entry per host and address. `exportname` holds the session: a secret. */
export const NbdInfo = z.looseObject({
  exportname: z.string(),
  address: z.string(),
  port: Integer,
  cert: z.string(),
  subject: z.string(),
})
export type NbdInfo = z.infer<typeof NbdInfo>

/** All objects of a class: reference to record. */
export const recordsOf = <T>(record: z.ZodType<T>) => z.record(RefText, record)
