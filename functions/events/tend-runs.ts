import { toProblem } from '#core/errors/base.ts'
import { RunCameLateError } from '#core/errors/region.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { isOfEpoch, isSettled, openRunsAfterLoss, settleRegion } from '#core/region/late.ts'
import { reassertRun } from '#core/region/reassert.ts'
import { gatesIn, placeOf } from '#core/runs/gates.ts'
import { type Job, requestCancel } from '#core/runs/job.ts'
import { changeJob, dispatchedJobs, readJob, readJobs } from '#core/runs/jobs-catalog.ts'
import type { Run } from '#core/runs/run.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import { tendJob } from '#core/runs/tend.ts'
import { tellWaiting } from '../api/jobs/tell-waiting.ts'
import type { Ports } from '../ports.ts'
import { driveRun } from '../runs/drive-run.ts'
import { endRun } from '../runs/end-run.ts'
import { eventHandler } from '../runtime.ts'

type TendPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'upSince'>

/**
 * Looks after the runs that have not ended: has each executed (drive-run.ts), which does nothing where it is, and returns jobs to the queue whose gateway fell
 * silent. Called now and then, and when the control plane starts (redrive). A run that is in trouble keeps no other waiting.
 * @param until no run is begun with after that, in ms since 1970; the next call comes to the others
 * @returns how many runs are open, and how many of them the time did not reach
 * @throws the first trouble, when all runs were looked after
 */
export const tendRuns =
  (ports: TendPorts, until = Number.POSITIVE_INFINITY) =>
  async () => {
    const { catalog, clock, region } = ports
    const isLate = () => clock.now() >= until
    const view = await region.view()
    const settled = view.epoch === 0 || (await isSettled(catalog, view))
    const runs = await (settled ? openRuns : openRunsAfterLoss)(catalog)
    const troubles: unknown[] = []
    let left = 0
    for (const run of runs)
      if (isLate()) left++
      else if (settled && !isOfEpoch(run, view.epoch))
        await endRun(ports, run.runId, toProblem(new RunCameLateError(view.here))).catch(error =>
          troubles.push(error),
        )
      else
        await tendRun(ports, run, { epoch: view.epoch, arrived: settled, isLate }).then(
          isDone => {
            if (!isDone) left++
          },
          error => troubles.push(error),
        )
    if (troubles.length > 0) throw troubles[0]
    if (!settled && left === 0) await settleRegion(catalog, view, clock.now())
    return { open: runs.length, left }
  }

/** @returns whether it came to the end in time */
const tendRun = async (
  ports: TendPorts,
  found: Run,
  { epoch, arrived, isLate }: { epoch: number; arrived: boolean; isLate: () => boolean },
): Promise<boolean> => {
  const { catalog, clock, workflow, upSince } = ports
  const { runId } = found
  const now = clock.now()
  const run = epoch > 0 ? await reassertRun(catalog, runId, { epoch, now, isLate }) : found
  if (!run) return false
  await driveRun(ports, run)
  if (isLate()) return true // it goes on; its jobs are looked after the next time
  const gateways = await readGateways(catalog)
  const gateOf = gatesIn(catalog, { arrived })
  await someAtOnce(await openJobsOf(ports, run), async open => {
    const { jobId } = open
    const gate = await gateOf(placeOf(open))
    const job = await changeJob(catalog, jobId, job =>
      tendJob(run.cancelRequested ? requestCancel(job, now) : job, gateways, now, upSince, gate),
    )
    if (job.state === 'finished') await tellWaiting(workflow, [job])
  })
  return true
}

/** Of a large run only what was dispatched: the other jobs are looked after when their turn comes. */
const openJobsOf = async ({ catalog }: TendPorts, { runId, counted }: Run): Promise<Job[]> => {
  if (!counted) return (await readJobs(catalog, runId)).filter(({ state }) => state !== 'finished')
  const ids = await dispatchedJobs(catalog, runId, counted.queues)
  return someAtOnce(ids, async jobId => (await readJob(catalog, jobId)).value)
}

export const handler = eventHandler(tendRuns)
