import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import { chooseHost, type HostFact } from '#core/restore/hosts.ts'
import { type DiskNeed, planStorage, type SrFact } from '#core/restore/storage.ts'
import type { Xapi } from '../xapi/api.ts'
import type { CreateVmOptions } from './api.ts'
import type { PoolFacts } from './facts.ts'

/** Restores at work by the UUID of the host that they write through, for each pool: what spreads them. */
const BUSY = new WeakMap<Xapi, Map<string, number>>()

export interface Place {
  /** Repository of each disk, by the UUID of the VDI that was backed up. */
  srs: ReadonlyMap<string, SrFact>
  /** The host that the disks are written through. */
  host?: HostFact
  /** UUID of the host for VM.affinity. */
  homeServer?: string
  /** Ends the restore's claim on its host. May be called twice. */
  leave(): void
}

/**
 * Where a restore goes: storage with room for each disk, and a host to write through, the least busy of those that reach it.
 * @throws `RESTORE_TARGET`, `RESTORE_NO_SUCH_PART`, `SR_TOO_SMALL`
 */
export const choosePlace = (
  xapi: Xapi,
  facts: PoolFacts,
  {
    metadata,
    disks = needsOf(metadata),
    srUuid,
    wishes = {},
  }: Pick<CreateVmOptions, 'metadata' | 'disks' | 'srUuid' | 'wishes'>,
): Place => {
  const { defaultSrUuid, srs, hosts } = facts
  const sr = srUuid ?? wishes.sr
  const planned = planStorage(disks, srs, {
    ...(sr !== undefined && { sr }),
    ...(defaultSrUuid && { defaultUuid: defaultSrUuid }),
    diskSrs: wishes.diskSrs,
  })
  const busy = BUSY.get(xapi) ?? new Map<string, number>()
  BUSY.set(xapi, busy)
  const host = chooseHost(hosts, new Set(planned.values()), busy)
  const claim = (count: number) =>
    host && busy.set(host.uuid, Math.max(0, (busy.get(host.uuid) ?? 0) + count))
  claim(1)
  let left = false
  return {
    srs: planned,
    ...(host && { host }),
    ...homeServerOf(facts, wishes.homeServer),
    leave() {
      if (!left) claim(-1)
      left = true
    },
  }
}

export const needsOf = ({ disks }: VmMetadata): DiskNeed[] =>
  disks.map(({ vdiUuid, userdevice, name, size }) => ({ vdiUuid, userdevice, name, size }))

const homeServerOf = ({ hosts }: PoolFacts, wish: string | undefined): { homeServer?: string } => {
  if (wish === undefined) return {}
  const host = hosts.find(({ uuid }) => uuid === wish) ?? hosts.find(({ name }) => name === wish)
  if (!host) throw new RestoreTargetError(`the pool has no host with the UUID or name ${wish}`)
  return { homeServer: host.uuid }
}
