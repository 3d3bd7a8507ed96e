import { keys } from '../catalog/keys.ts'
import type { OpenProblem, OverviewView } from '../contracts/overview-api.ts'
import type { Catalog } from '../ports.ts'
import { isOnlyLook, type Run } from '../runs/run.ts'

const DAY = 86_400_000 // ms
/** Runs that are looked at, at most. */
const COUNTED = 500

/** Runs that began in the 24 hours before, by how they stand now, and those among them that somebody has to agree to. */
export const runsOfDay = async (
  catalog: Catalog,
  now: number,
): Promise<{ runs: OverviewView['runs']; problems: OpenProblem[] }> => {
  const from = now - DAY
  const { items, next } = await catalog.query<Run>(keys.run('').pk, {
    ...{ descending: true, limit: COUNTED },
  })
  const began = items.map(({ value }) => value).filter(({ started }) => started > from)
  const runs = began.filter(run => !isOnlyLook(run))
  const count = (state: Run['state']) => runs.filter(run => run.state === state).length
  return {
    runs: {
      from,
      running: count('running'),
      waiting: count('waiting'),
      succeeded: count('succeeded'),
      warning: count('warning'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      more: next !== undefined && began.length === items.length,
    },
    problems: began
      .filter(({ state }) => state === 'waiting')
      .map(({ runId, kind, title, started }) => ({
        kind: 'approval-waiting',
        standing: 'info',
        text: `A ${kind === 'files' ? 'look at files' : 'restore'} waits until somebody agrees to it: ${title}.`,
        since: started,
        go: { to: 'run', id: runId },
      })),
  }
}
