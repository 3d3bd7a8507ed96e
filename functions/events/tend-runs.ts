import { toProblem } from '#core/errors/base.ts'
import { RunCameLateError } from '#core/errors/region.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { isOfEpoch, isSettled, openRunsAfterLoss, settleRegion } from '#core/region/late.ts'
import { reassertRun } from '#core/region/reassert.ts'
import { requestCancel } from '#core/runs/job.ts'
import { changeJob, dispatchedJobs, readJobs } from '#core/runs/jobs-catalog.ts'
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
 * @throws the first trouble, when all runs were looked after
 */
export const tendRuns = (ports: TendPorts) => async () => {
  const { catalog, clock, region } = ports
  const view = await region.view()
  const settled = view.epoch === 0 || (await isSettled(catalog, view))
  const runs = await (settled ? openRuns : openRunsAfterLoss)(catalog)
  const troubles: unknown[] = []
  for (const run of runs)
    await (settled && !isOfEpoch(run, view.epoch)
      ? endRun(ports, run.runId, toProblem(new RunCameLateError(view.here)))
      : tendRun(ports, run, view.epoch)
    ).catch(error => troubles.push(error))
  if (troubles.length > 0) throw troubles[0]
  if (!settled) await settleRegion(catalog, view, clock.now())
  return { open: runs.length }
}

const tendRun = async (ports: TendPorts, found: Run, epoch: number): Promise<void> => {
  const { catalog, clock, workflow, upSince } = ports
  const { runId } = found
  const run = epoch > 0 ? await reassertRun(catalog, runId, epoch) : found
  await driveRun(ports, run)
  const gateways = await readGateways(catalog)
  const now = clock.now()
  await someAtOnce(await openJobsOf(ports, run), async jobId => {
    const job = await changeJob(catalog, jobId, job =>
      tendJob(run.cancelRequested ? requestCancel(job, now) : job, gateways, now, upSince),
    )
    if (job.state === 'finished') await tellWaiting(workflow, [job])
  })
}

/** Of a large run only what was dispatched: the other jobs are looked after when their turn comes. */
const openJobsOf = async ({ catalog }: TendPorts, { runId, counted }: Run): Promise<string[]> =>
  counted
    ? dispatchedJobs(catalog, runId, counted.queues)
    : (await readJobs(catalog, runId))
        .filter(({ state }) => state !== 'finished')
        .map(({ jobId }) => jobId)

export const handler = eventHandler(tendRuns)
