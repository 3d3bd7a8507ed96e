import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import { chooseHost, type HostFact } from '#core/restore/hosts.ts'
import { type DiskNeed, planStorage, type SrFact } from '#core/restore/storage.ts'
import type { Xapi } from '../../xapi/api.ts'
import type { CreateVmOptions } from '../api.ts'
import type { PoolFacts } from '../facts.ts'

/** Restores at work by the UUID of the host that they write through, for each pool: what spreads them. */
const BUSY = new WeakMap<Xapi, Map<string, number>>()

/** Hosts that a restore writes through. */
export interface Through {
  /** Where a disk is sent first; nothing where no host that runs reaches its storage. */
  hostOf(sr: SrFact | undefined): HostFact | undefined
  /** Ends the restore's claim on its hosts. May be called twice. */
  leave(): void
}

export interface Place {
  /** Repository of each disk, by the UUID of the VDI that was backed up. */
  srs: ReadonlyMap<string, SrFact>
  /** The host that a disk is written through. @param vdiUuid of the VDI that was backed up */
  hostOf(vdiUuid: string): HostFact | undefined
  /** UUID of the host for VM.affinity. */
  homeServer?: string
  /** As of {@link Through}. */
  leave(): void
}

/** One host for all disks where one reaches all their storage, else one for each repository; the least busy ones. */
export const claimHosts = (
  xapi: Xapi,
  hosts: readonly HostFact[],
  srs: Iterable<SrFact>,
): Through => {
  const busy = BUSY.get(xapi) ?? new Map<string, number>()
  BUSY.set(xapi, busy)
  const needed = [...srs]
  const one = chooseHost(hosts, needed, busy)
  const each = new Map(needed.map(sr => [sr.uuid, one ?? chooseHost(hosts, [sr], busy)] as const))
  const used = new Set([...each.values()].flatMap(host => host?.uuid ?? []))
  const claim = (count: number) => {
    for (const uuid of used) busy.set(uuid, Math.max(0, (busy.get(uuid) ?? 0) + count))
  }
  claim(1)
  let left = false
  return {
    hostOf: sr => each.get(sr?.uuid ?? ''),
    leave() {
      if (!left) claim(-1)
      left = true
    },
  }
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
  const home = homeServerOf(facts, wishes.homeServer)
  const { hostOf, leave } = claimHosts(xapi, hosts, new Set(planned.values()))
  return { srs: planned, hostOf: vdiUuid => hostOf(planned.get(vdiUuid)), ...home, leave }
}

export const needsOf = ({ disks }: VmMetadata): DiskNeed[] =>
  disks.map(({ vdiUuid, userdevice, name, size }) => ({ vdiUuid, userdevice, name, size }))

const homeServerOf = ({ hosts }: PoolFacts, wish: string | undefined): { homeServer?: string } => {
  if (wish === undefined) return {}
  const host = hosts.find(({ uuid }) => uuid === wish) ?? hosts.find(({ name }) => name === wish)
  if (!host) throw new RestoreTargetError(`the pool has no host with the UUID or name ${wish}`)
  return { homeServer: host.uuid }
}
