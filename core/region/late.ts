import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { Run } from '../runs/run.ts'
import { openRuns } from '../runs/runs-catalog.ts'
import type { IsOpen } from '../runs/take-jobs.ts'
import type { RegionView } from './region.ts'

/** How long after a take-over what the former region had sent is waited for, in ms: replication takes a second as a rule. */
const SETTLED_AFTER = 60_000

/** Newest runs among which it is looked for those that are open and are not listed as such. */
const RUNS_LOOKED_AT = 50

/** Begun, or gone on with, since the last take-over. */
export const isOfEpoch = ({ regionEpoch = 0 }: Pick<Run, 'regionEpoch'>, epoch: number): boolean =>
  regionEpoch >= epoch

/**
 * Whether the runs that were open at the last take-over have all been gone on with. A run of a former epoch that turns up after that comes from a region that was
 * lost and is back; it may be days old, and a restore that nobody expects any more must not overwrite a VM.
 */
export const isSettled = async (catalog: Catalog, { epoch }: RegionView): Promise<boolean> =>
  epoch > 0 && (await catalog.get(keys.regionSettled(epoch))) !== undefined

/** @returns how many of the runs that were open at the last take-over nobody has gone on with yet */
export const notGoneOnWith = async (catalog: Catalog, view: RegionView): Promise<number> => {
  if (view.epoch === 0 || (await isSettled(catalog, view))) return 0
  return (await openRunsAfterLoss(catalog)).filter(run => !isOfEpoch(run, view.epoch)).length
}

/** Called when all open runs were gone on with. */
export const settleRegion = async (
  catalog: Catalog,
  { epoch, record }: RegionView,
  now: number,
): Promise<void> => {
  if (!record || now - record.since < SETTLED_AFTER) return
  const key = keys.regionSettled(epoch)
  await catalog.write([{ kind: 'put', key, value: { at: now }, expect: 'any' }])
}

/** Open runs with those of the newest whose entry among the open ones did not come over with them. */
export const openRunsAfterLoss = async (catalog: Catalog): Promise<Run[]> => {
  const open = await openRuns(catalog)
  const newest: Run[] = []
  const { items } = await catalog.query<Run>(keys.run('').pk, {
    descending: true,
    limit: RUNS_LOOKED_AT,
  })
  for (const { value } of items)
    if (value.state === 'running' && !open.some(({ runId }) => runId === value.runId))
      newest.push(value)
  return [...open, ...newest]
}

/** After a take-over gateways get jobs of those runs alone that were begun or gone on with since. Asked once for each run. */
export const openInEpoch = (catalog: Catalog, { epoch }: RegionView): IsOpen => {
  const known = new Map<string, boolean>()
  return async runId => {
    if (epoch === 0) return true
    const found = known.get(runId)
    if (found !== undefined) return found
    const run = (await catalog.get<Run>(keys.run(runId)))?.value
    const isOpen = run?.state === 'running' && isOfEpoch(run, epoch)
    known.set(runId, isOpen)
    return isOpen
  }
}
