import { z } from 'zod'
import type { HostFact } from '#core/restore/hosts.ts'
import type { TargetFacts } from '#core/restore/plan.ts'
import type { SrFact } from '#core/restore/storage.ts'
import type { Xapi } from '../xapi/api.ts'
import {
  HostMetricsRecord,
  HostRecord,
  NetworkRecord,
  NULL_REF,
  PifRecord,
  PoolRecord,
  RefText,
  recordsOf,
  SrRecord,
  Strings,
  VdiRecord,
} from '../xapi/records.ts'

const IsoRecord = VdiRecord.extend({ location: z.string() })
const PbdRecord = z.looseObject({ host: RefText, SR: RefText, currently_attached: z.boolean() })
const Memory = HostMetricsRecord.extend({
  memory_free: z.union([z.string(), z.int()]).transform(Number),
})
const Hardware = HostRecord.extend({
  virtual_hardware_platform_versions: z
    .array(z.union([z.string(), z.int()]).transform(Number))
    .default([]),
  cpu_info: Strings.default({}),
})

/** Storage, and the hosts that reach it. */
export interface StorageFacts {
  srs: readonly SrFact[]
  defaultSrUuid?: string
  hosts: readonly HostFact[]
  /** The highest virtual hardware version that a host of the pool offers; 0 where hosts do not tell. */
  hardwareVersion: number
}

/** What a restore has to know of the pool before it makes anything. */
export interface PoolFacts extends TargetFacts, StorageFacts {}

/** Reads what the pool has: networks, ISO images, storage and how full it is, hosts and their memory. */
export const readFacts = async (xapi: Xapi): Promise<PoolFacts> => ({
  ...(await readStorage(xapi)),
  networks: await readNetworks(xapi.call),
  isos: await readIsos(xapi.call),
})

/** Reads what storage the pool has, and which hosts reach it. */
export const readStorage = async ({ call }: Xapi): Promise<StorageFacts> => {
  const [pool] = Object.values(await call('pool.get_all_records', [], recordsOf(PoolRecord)))
  const srRecords = await call('SR.get_all_records', [], recordsOf(SrRecord))
  const hostRecords = await call('host.get_all_records', [], recordsOf(Hardware))
  const metrics = await call('host_metrics.get_all_records', [], recordsOf(Memory))
  const pbds = Object.values(await call('PBD.get_all_records', [], recordsOf(PbdRecord)))
  const isReady = (ref: string) => {
    const host = hostRecords[ref]
    return host?.enabled === true && metrics[host.metrics]?.live === true
  }
  const srs = Object.entries(srRecords).map(
    ([ref, sr]): SrFact => ({
      ref,
      uuid: sr.uuid,
      name: sr.name_label,
      type: sr.type,
      contentType: sr.content_type,
      hosts: pbds
        .filter(pbd => pbd.SR === ref && pbd.currently_attached && isReady(pbd.host))
        .map(({ host }) => hostRecords[host]?.uuid ?? ''),
      ...(sr.physical_size > 0 && { free: sr.physical_size - sr.physical_utilisation }),
    }),
  )
  const defaultSr = pool && pool.default_SR !== NULL_REF ? srRecords[pool.default_SR] : undefined
  return {
    srs,
    ...(defaultSr && { defaultSrUuid: defaultSr.uuid }),
    hosts: Object.entries(hostRecords).map(([ref, host]) => ({
      uuid: host.uuid,
      name: host.name_label,
      address: host.address,
      ready: isReady(ref),
      freeMemory: metrics[host.metrics]?.memory_free ?? 0,
      cpu: host.cpu_info,
    })),
    hardwareVersion: Math.max(
      0,
      ...Object.values(hostRecords).flatMap(host => host.virtual_hardware_platform_versions),
    ),
  }
}

const readNetworks = async (call: Xapi['call']): Promise<TargetFacts['networks']> => {
  const networks = await call('network.get_all_records', [], recordsOf(NetworkRecord))
  const pifs = Object.values(await call('PIF.get_all_records', [], recordsOf(PifRecord)))
  return Object.entries(networks).map(([ref, { uuid, name_label: name }]) => ({
    uuid,
    name,
    vlans: pifs.filter(({ network }) => network === ref).map(({ VLAN }) => VLAN),
  }))
}

const readIsos = async (call: Xapi['call']): Promise<TargetFacts['isos']> => {
  const srs = await call('SR.get_all_records', [], recordsOf(SrRecord))
  const vdis = await call('VDI.get_all_records', [], recordsOf(IsoRecord))
  return Object.values(vdis)
    .filter(({ SR }) => srs[SR]?.content_type === 'iso')
    .map(({ uuid, location }) => ({ uuid, location }))
}
