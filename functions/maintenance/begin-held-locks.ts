import { POINTS_PER_LOCKING } from '#core/contracts/held-locks.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { ulidMaker } from '#core/ids.ts'
import {
  AGAIN_MS,
  forgetHeldLock,
  furthestOf,
  heldPoints,
  heldUntil,
  isDue,
  putHeldLock,
  readHeldLocks,
  unlockable,
} from '#core/maintenance/held-locks.ts'
import { type Hold, readHolds } from '#core/maintenance/holds.ts'
import { readRepositoryState } from '#core/maintenance/state.ts'
import type { Catalog, CatalogWrite } from '#core/ports.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { type BeginPorts, beginRun, leaveToTending } from '../runs/begin-run.ts'

export type HeldLockPorts = BeginPorts & Pick<Ports, 'repositoryAddress'>

/** Points that one run locks, at most: 20 jobs. What is left the next run takes. */
const MOST = 20 * POINTS_PER_LOCKING

/**
 * Starts a run that locks held points in the store. What cannot begin is kept with each point as the reason why it is not locked, and tried again.
 * @param beside written in one piece with the run
 * @returns the run's id; nothing where there is nothing to lock, or it could not begin
 */
export const beginHeldLocks = async (
  ports: HeldLockPorts,
  points: readonly PointSummary[],
  holds: readonly Hold[],
  beside: readonly CatalogWrite[] = [],
): Promise<string | undefined> => {
  const { catalog, clock, repositoryAddress } = ports
  const now = clock.now()
  const wanted = points.slice(0, MOST).map(point => ({
    point: { pointId: point.pointId, vmUuid: point.vmUuid, vmName: point.vmName },
    until: furthestOf(heldUntil(point, holds, now), now),
  }))
  if (wanted.length === 0 || unlockable(repositoryAddress) !== undefined) return undefined
  const specs = []
  for (let start = 0; start < wanted.length; start += POINTS_PER_LOCKING) {
    const some = wanted.slice(start, start + POINTS_PER_LOCKING)
    specs.push({
      kind: 'lock-held-points' as const,
      points: some.map(({ point }) => point),
      until: Math.max(...some.map(({ until }) => until)),
    })
  }
  const count = wanted.length === 1 ? '1 held point' : `${wanted.length} held points`
  const run = { kind: 'maintenance' as const, title: `object locks of ${count}`, specs }
  try {
    return await beginRun(ports, run, ulidMaker(ports)(), beside, leaveToTending)
  } catch (error) {
    const { message, retryable } = asXenkeepError(error)
    if (retryable) throw error
    const because = message.slice(0, 500)
    for (const { point } of wanted)
      await putHeldLock(catalog, { ...point, at: now, because, again: now + AGAIN_MS.notBegun })
    return undefined
  }
}

/**
 * Begins what is due: points that came since, locks that end before their hold, what failed, and once a day, and after each collection, all of them again, as the
 * store shows them. While a run is at work on it no other one begins.
 */
export const tendHeldLocks = async (ports: HeldLockPorts): Promise<boolean> => {
  const { catalog, clock } = ports
  const now = clock.now()
  const holds = await readHolds(catalog)
  const kept = await readHeldLocks(catalog)
  if (holds.length + kept.size === 0 || (await isLocking(catalog))) return false
  const held = await heldPoints(catalog, holds, now)
  const ids = new Set(held.map(({ pointId }) => pointId))
  for (const pointId of kept.keys())
    if (!ids.has(pointId)) await catalog.write([forgetHeldLock(pointId)])
  const collected = (await readRepositoryState(catalog)).collection?.report.at ?? 0
  const due = held.filter(({ pointId }) => isDue(kept.get(pointId), now, collected))
  return (await beginHeldLocks(ports, due, holds)) !== undefined
}

const isLocking = async (catalog: Catalog): Promise<boolean> => {
  for (const { runId, kind } of await openRuns(catalog)) {
    if (kind !== 'maintenance') continue
    const jobs = await readJobs(catalog, runId)
    if (jobs.some(({ spec }) => spec.kind === 'lock-held-points')) return true
  }
  return false
}
