import { keys } from '../catalog/keys.ts'
import type { DayCounters, RunsOfDay } from '../contracts/statistics-api.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { isOnlyLook, type Run } from '../runs/run.ts'

const NOTHING: DayCounters = {
  ...{ runs: {}, points: 0, bytesRead: 0, bytesNew: 0, bytesStored: 0, bytesFreed: 0 },
}
const NO_RUNS: RunsOfDay = {
  ...{ succeeded: 0, warning: 0, failed: 0, cancelled: 0, ms: 0, longestMs: 0 },
}

/** The day of an instant (ms since 1970), in UTC. */
export const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10)

/**
 * @param run one that has ended
 * @returns the write that counts it and what its jobs came to, made in one piece with its end; nothing of one that has not ended, nor of a look at files or a plan, which
 *   do nothing to any backup
 */
export const dayWrites = async (
  catalog: Catalog,
  run: Run,
  jobs: readonly Job[],
): Promise<CatalogWrite[]> => {
  if (run.ended === undefined || isOnlyLook(run)) return []
  const key = keys.day(dayOf(run.ended))
  const found = await catalog.get<DayCounters>(key)
  const value = jobs.reduce(countJob, countRun(found?.value ?? NOTHING, run))
  return [{ kind: 'put', key, value, expect: found ? { version: found.version } : 'absent' }]
}

const countRun = (
  day: DayCounters,
  { kind, state, started, ended = started }: Run,
): DayCounters => {
  // What waits for a person is counted when it has come to its end.
  if (state === 'running' || state === 'waiting' || state === 'action-required') return day
  const before = day.runs[kind] ?? NO_RUNS
  const ms = Math.max(0, ended - started)
  const after: RunsOfDay = {
    ...before,
    [state]: before[state] + 1,
    ms: before.ms + ms,
    longestMs: Math.max(before.longestMs, ms),
  }
  return { ...day, runs: { ...day.runs, [kind]: after } }
}

const countJob = (day: DayCounters, { outcome }: Job): DayCounters => {
  switch (outcome?.status) {
    case 'backed-up': {
      const { bytesRead, bytesNew, bytesStored } = outcome.point
      return {
        ...day,
        points: day.points + 1,
        bytesRead: sum(day.bytesRead, bytesRead),
        bytesNew: sum(day.bytesNew, bytesNew),
        bytesStored: sum(day.bytesStored, bytesStored),
      }
    }
    case 'garbage-collected':
      return { ...day, bytesFreed: sum(day.bytesFreed, outcome.report.removed.bytes) }
    case 'verified': {
      const { at, state } = outcome.report
      return (day.repository?.at ?? 0) > at
        ? day
        : { ...day, repository: { bytes: state.bytes, at } }
    }
    default:
      return day
  }
}

/** A gateway may tell anything; a sum that no reader takes would hide the day. */
const sum = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER)
