import { readGateways } from '#core/gateways/gateway.ts'
import { reassertRun } from '#core/region/reassert.ts'
import { changeJob, readJobs } from '#core/runs/jobs-catalog.ts'
import type { Run } from '#core/runs/run.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { tendJob } from '#core/runs/tend.ts'
import { tellWaiting } from '../api/jobs/tell-waiting.ts'
import { driveRun } from '../drive-run.ts'
import type { Ports } from '../ports.ts'
import { eventHandler } from '../runtime.ts'

type TendPorts = Pick<Ports, 'catalog' | 'clock' | 'workflow' | 'region' | 'upSince'>

/**
 * Looks after the runs that have not ended: starts each under its own name, which does nothing where it runs, and returns
 * jobs to the queue whose gateway fell silent. Called now and then, and when the control plane starts (redrive).
 */
export const tendRuns = (ports: TendPorts) => async () => {
  const runs = await openRuns(ports.catalog)
  for (const run of runs) await tendRun(ports, run)
  return { open: runs.length }
}

const tendRun = async (
  { catalog, clock, workflow, region, upSince }: TendPorts,
  run: Run,
): Promise<void> => {
  const { runId } = run
  const { epoch } = await region.view()
  const asserted = epoch > 0 ? await reassertRun(catalog, runId, epoch) : run
  await driveRun({ catalog, clock, workflow }, asserted)
  const gateways = await readGateways(catalog)
  const now = clock.now()
  const open = (await readJobs(catalog, runId)).filter(job => job.state !== 'finished')
  for (const { jobId } of open) {
    const job = await changeJob(catalog, jobId, found => tendJob(found, gateways, now, upSince))
    if (job.state === 'finished') await tellWaiting(workflow, [job])
  }
}

export const handler = eventHandler(tendRuns)
