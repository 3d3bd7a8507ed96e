import { type DailyFacts, NAMED_AT_MOST } from '../contracts/notifications.ts'
import type { StoredVm } from '../inventory/inventory.ts'
import { type RepositoryState, readRepositoryState } from '../maintenance/state.ts'
import type { ProtectedVm } from '../points/points-catalog.ts'
import type { Catalog } from '../ports.ts'

const DAY = 86_400_000 // ms
/** The daily maintenance verifies: two of them missed are too many, in ms. */
const OVERDUE = 3 * DAY

/**
 * Of VMs that a policy takes: those that have waited longest for a recovery point, each with its newest; those without any come first. VMs that are gone are
 * not among them: their points get older for as long as they are kept.
 * @param vms those that a policy takes
 */
export const agesOf = (
  vms: readonly Pick<StoredVm, 'uuid' | 'name'>[],
  points: readonly ProtectedVm[],
): Pick<DailyFacts, 'ages' | 'pointless' | 'oldestPoint'> => {
  const newest = new Map(points.map(({ uuid, newest: { taken } }) => [uuid, taken]))
  const ages = vms
    .map(({ uuid, name }) => ({ name, taken: newest.get(uuid) }))
    .sort((a, b) => (a.taken ?? 0) - (b.taken ?? 0))
  const oldest = ages.find(({ taken }) => taken !== undefined)
  return {
    ages: ages
      .slice(0, NAMED_AT_MOST)
      .map(({ name, taken }) => ({ name, ...(taken !== undefined && { taken }) })),
    pointless: ages.filter(({ taken }) => taken === undefined).length,
    ...(oldest?.taken !== undefined && {
      oldestPoint: { name: oldest.name, taken: oldest.taken },
    }),
  }
}

/** When the repository was verified last, and how much of it never was; nothing while there is nothing to verify. */
export const verificationOf = async (
  catalog: Catalog,
  points: readonly ProtectedVm[],
  until: number,
): Promise<Pick<DailyFacts, 'verification'>> => {
  if (points.length === 0) return {}
  const { verification, readBack } = await readRepositoryState(catalog)
  const report = verification?.report
  if (!report) {
    const first = Math.min(...points.map(({ newest }) => newest.taken))
    return { verification: { overdue: until - first > OVERDUE } }
  }
  const { at, state, damages } = report
  return {
    verification: {
      ...{ last: at, packs: state.packs, neverRead: state.never.packs },
      overdue: until - at > OVERDUE || (readBack !== undefined && isReadBackLate(readBack, until)),
      damages,
      ...(readBack && { points: readBackOf(readBack) }),
    },
  }
}

type Told = NonNullable<RepositoryState['readBack']>

/** Verifications of level 0 tell nothing of it: what was whole when it was told last is not for ever. */
const isReadBackLate = ({ at, result: { days, overdue } }: Told, until: number): boolean =>
  overdue > 0 || until - at > days * DAY

const readBackOf = ({ at, result: { days, whole, overdue } }: Told) => ({
  days,
  whole,
  overdue,
  at,
})
