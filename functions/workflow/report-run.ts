import type { z } from 'zod'
import { toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import { ulidMaker } from '#core/ids.ts'
import { followMaintenance } from '#core/maintenance/follow.ts'
import { announcement } from '#core/notifications/announce.ts'
import { runEnded } from '#core/notifications/run-ended.ts'
import { putBootCheck } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { closeRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { wordsOf } from './record-job-failure.ts'
import { isSuperseded } from './superseded.ts'
import { Caught, RunInput } from './task-input.ts'

export const ReportInput = RunInput.extend({ error: Caught.optional() })

/** Ends the run with the verdict of its jobs; the last step of every path through a machine. */
export const reportRun =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ runId, attempt, error }: z.output<typeof ReportInput>) => {
    if (await isSuperseded({ catalog }, { runId, attempt })) return { runId }
    const why = error ? wordsOf(error) : 'it was stopped'
    const run = await closeRun(
      catalog,
      runId,
      toProblem(new WorkflowInterruptedError(why)),
      clock.now(),
      (ended, jobs) => {
        const event = runEnded(ended, jobs, ulidMaker({ clock, random })())
        return event ? announcement(event) : []
      },
    )
    await keepBootChecks(catalog, runId)
    if (run.kind === 'maintenance') await keepMaintenance(catalog, runId)
    return { runId }
  }

/** What boot checks found out is shown with their points. */
const keepBootChecks = async (catalog: Catalog, runId: string): Promise<void> => {
  for (const { spec, outcome } of await readJobs(catalog, runId)) {
    if (outcome?.status !== 'boot-checked') continue
    const { result } = outcome
    const pointId = spec.kind === 'boot-check' ? spec.pointId : result.standby?.pointId
    if (pointId !== undefined) await putBootCheck(catalog, pointId, result)
  }
}

/** Where the control plane died between an outcome and what follows from it. */
const keepMaintenance = async (catalog: Catalog, runId: string): Promise<void> => {
  for (const job of await readJobs(catalog, runId)) await followMaintenance(catalog, job)
}

export const handler = taskHandler(ReportInput, reportRun)
