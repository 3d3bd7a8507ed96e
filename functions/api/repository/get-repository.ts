import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { withLocks } from '#core/maintenance/held-locks.ts'
import { hasEnded, readHolds } from '#core/maintenance/holds.ts'
import { lockCalendar } from '#core/maintenance/lock-calendar.ts'
import { DEFAULT_SCHEDULE, readSchedule } from '#core/maintenance/schedule.ts'
import {
  type RepositoryState,
  readRepositoryState,
  readRetentionState,
} from '#core/maintenance/state.ts'
import { readProtectedVms } from '#core/points/points-catalog.ts'
import { confirmedRepository } from '#core/points/repository-id.ts'
import { readReplica } from '#core/replicated/replicated-catalog.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Points that are counted for one answer, at most: 10 pages. */
const COUNTED = 10_000

/** What is stored, how much of it was looked at and when, and who takes care of it. */
export const getRepository =
  ({ catalog, clock, repositoryAddress }: Pick<Ports, 'catalog' | 'clock' | 'repositoryAddress'>) =>
  async (): Promise<RouteReply<'getRepository'>> => {
    const repositoryId = await confirmedRepository(catalog)
    const now = clock.now()
    const { points, locks } = await countPoints(catalog, now)
    const { collection, verification, readBack } = await readRepositoryState(catalog)
    const retention = await retentionOf(catalog)
    const { schedule, last, trouble } = (await readSchedule(catalog))?.value ?? {
      schedule: DEFAULT_SCHEDULE,
    }
    const gateways = (await readGateways(catalog)).filter(({ maintenance }) => maintenance)
    const replica = await readReplica(catalog)
    const at = { now, address: repositoryAddress }
    const inForce = (await readHolds(catalog)).filter(hold => !hasEnded(hold, now))
    const holds = await withLocks(catalog, inForce, at)
    return {
      ...(repositoryId !== undefined && { repositoryId }),
      address: repositoryAddress,
      points: { ...points, vms: (await readProtectedVms(catalog)).length },
      ...(points.count > 0 && { locks }),
      ...(verification && { stored: storedOf(verification.report, points) }),
      holds: holds.length,
      ...(holds.length > 0 && { holdLocks: countLocks(holds) }),
      ...(retention && { retention }),
      ...(collection && { collection }),
      ...(verification && {
        verification: { runId: verification.runId, report: verification.report },
      }),
      ...(readBack && { readBack: readBackOf(readBack) }),
      schedule: {
        ...schedule,
        ...(last !== undefined && { last }),
        ...(trouble !== undefined && { trouble }),
      },
      ...(replica && { replica }),
      gateways: gateways.map(({ name, repositoryKeptUntil }) => ({
        name,
        keeper: repositoryKeptUntil > now,
      })),
    }
  }

const retentionOf = async (catalog: Ports['catalog']): Promise<RepositoryView['retention']> => {
  const state = await readRetentionState(catalog)
  if (!state) return undefined
  const { upTo: _, ...rest } = state
  return rest
}

const countLocks = (
  holds: Awaited<ReturnType<typeof withLocks>>,
): NonNullable<RepositoryView['holdLocks']> => {
  const counts = { locked: 0, asked: 0, failed: 0, impossible: 0 }
  for (const { lock } of holds) if (lock) counts[lock.state]++
  return counts
}

const readBackOf = ({
  at,
  result: { named: _, ...counts },
}: NonNullable<RepositoryState['readBack']>): NonNullable<RepositoryView['readBack']> => ({
  ...counts,
  at,
})

type Counted = Omit<RepositoryView['points'], 'vms'>

const countPoints = async (
  catalog: Ports['catalog'],
  now: number,
): Promise<{ points: Counted; locks: NonNullable<RepositoryView['locks']> }> => {
  const locks = lockCalendar(now)
  const points: Counted = { count: 0, more: false, bytesOfDisks: 0, bytesStored: 0 }
  let after: string | undefined
  do {
    const page = await catalog.query<PointSummary>(keys.point('').pk, {
      limit: 1_000,
      descending: true,
      ...(after !== undefined && { after }),
    })
    for (const { value } of page.items) {
      points.count++
      points.bytesStored += value.bytesStored
      locks.count(value)
      for (const { size } of value.disks) points.bytesOfDisks += size
      points.oldest = Math.min(points.oldest ?? value.taken, value.taken)
      points.newest = Math.max(points.newest ?? value.taken, value.taken)
    }
    after = page.next
  } while (after !== undefined && points.count < COUNTED)
  return { points: { ...points, more: after !== undefined }, locks: locks.calendar() }
}

/** The listing of the last verification is the truth of that moment. Of more points than were counted no ratio can be told. */
const storedOf = (
  { at, state }: NonNullable<RepositoryView['verification']>['report'],
  { bytesOfDisks, more }: Counted,
): NonNullable<RepositoryView['stored']> => ({
  ...{ bytes: state.bytes, at },
  ...(state.bytes > 0 && !more && { ratio: Math.round((bytesOfDisks / state.bytes) * 10) / 10 }),
})

export const handler = httpHandler('getRepository', getRepository)
