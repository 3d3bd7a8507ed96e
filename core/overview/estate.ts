import type { PointSummary } from '../contracts/points.ts'
import type { StoredVm } from '../inventory/inventory.ts'
import { type ProtectedVm, readProtectedVms } from '../points/points-catalog.ts'
import { readPolicyInventory } from '../policies/policy-inventory.ts'
import { protection } from '../policies/selection.ts'
import type { Catalog } from '../ports.ts'
import { isDiscarded } from '../site/provisioned-disks.ts'

/** All VMs, looked at together: what grows with their number and with nothing else. */
export interface EstateLook {
  /** ms since 1970 */
  asOf: number
  /** Standbys of replication are not among them. */
  known: number
  standby: number
  /** Names of those that no policy backs up by itself; not of those whose content is discarded, which none can. */
  unprotected: string[]
  /** How many no policy takes as nothing of them lasts: pooled desktops. */
  discarded: number
  /** How many others no policy takes as the definition of a site says why not. */
  leftOut: number
  /** Those that a policy takes. */
  taken: LookedAt[]
  /** Bytes of their disks. */
  takenBytes: number
  /** The newest point of each VM that has any, also of those that are gone. */
  points: ProtectedVm[]
}

export interface LookedAt {
  name: string
  /** Left out where it has none yet. */
  newest?: Pick<PointSummary, 'taken' | 'lock'>
}

export const lookAtEstate = async (catalog: Catalog, now: number): Promise<EstateLook> => {
  const [inventory, points] = await Promise.all([
    readPolicyInventory(catalog, now),
    readProtectedVms(catalog),
  ])
  const by = protection(inventory)
  const vms = inventory.vms.filter(({ uuid }) => !inventory.standbys.has(uuid))
  const taken = vms.filter(({ uuid }) => by.has(uuid))
  const others = vms.filter(({ uuid }) => !by.has(uuid))
  const isLeftOut = ({ uuid }: StoredVm) => inventory.meant?.has(uuid) === true
  const newest = new Map(points.map(point => [point.uuid, point.newest]))
  return {
    asOf: now,
    known: vms.length,
    standby: inventory.vms.length - vms.length,
    unprotected: others.filter(vm => !isDiscarded(vm) && !isLeftOut(vm)).map(({ name }) => name),
    discarded: others.filter(isDiscarded).length,
    leftOut: others.filter(vm => isLeftOut(vm) && !isDiscarded(vm)).length,
    taken: taken.map(({ uuid, name }) => {
      const point = newest.get(uuid)
      return { name, ...(point && { newest: point }) }
    }),
    takenBytes: taken.reduce((sum, vm) => sum + sizeOf(vm), 0),
    points,
  }
}

const sizeOf = ({ disks }: StoredVm): number => disks.reduce((sum, { size }) => sum + size, 0)
