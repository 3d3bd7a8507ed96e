import type { z } from 'zod'
import { toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import { forgetLooks } from '#core/files/begin-look.ts'
import { followMaintenance } from '#core/maintenance/follow.ts'
import { sweepMarks } from '#core/maintenance/removals.ts'
import { putBootCheck } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { readBriefs, readJobs } from '#core/runs/jobs-catalog.ts'
import { leaveLast, readRun } from '#core/runs/runs-catalog.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import { endFiles } from '../files/end-files.ts'
import type { Ports } from '../ports.ts'
import { endRun } from '../runs/end-run.ts'
import { taskHandler } from '../runtime.ts'
import { wordsOf } from './record-job-failure.ts'
import { isSuperseded } from './superseded.ts'
import { Caught, RunInput } from './task-input.ts'

export const ReportInput = RunInput.extend({ error: Caught.optional() })

/**
 * Ends the run with the verdict of its jobs; the last step of every path through a machine. What else follows from its outcomes is written before: whoever looks
 * after runs looks at those that are open.
 */
export const reportRun =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'auditCopy'>) =>
  async ({ runId, attempt, error }: z.output<typeof ReportInput>) => {
    const { catalog } = ports
    if (await isSuperseded({ catalog }, { runId, attempt })) return { runId }
    const { kind } = (await readRun(catalog, runId)).value
    if (kind === 'boot-check') await keepBootChecks(catalog, runId)
    if (kind === 'files') await endFiles(ports, runId)
    if (kind === 'maintenance') await keepMaintenance(catalog, runId, ports.clock.now())
    const why = toProblem(new WorkflowInterruptedError(error ? wordsOf(error) : 'it was stopped'))
    // The run stays open then, and whoever looks after runs has it gone on with.
    if (await leaveLast(catalog, runId, why, ports.clock.now())) return { runId }
    await endRun(ports, runId, why)
    return { runId }
  }

/** What boot checks found out is shown with their points. */
const keepBootChecks = async (catalog: Catalog, runId: string): Promise<void> => {
  await someAtOnce(await readBriefs(catalog, runId), async ({ spec, outcome }) => {
    if (outcome?.status !== 'boot-checked') return
    const { result } = outcome
    const pointId = spec.kind === 'boot-check' ? spec.pointId : result.standby?.pointId
    if (pointId !== undefined) await putBootCheck(catalog, pointId, result)
  })
}

/** At the end of a maintenance run; those of a busy day are forgotten when others begin (begin-files.ts). */
const LOOKS_FORGOTTEN = 25

/** Where the control plane died between an outcome and what follows from it. */
const keepMaintenance = async (catalog: Catalog, runId: string, now: number): Promise<void> => {
  for (const job of await readJobs(catalog, runId)) await followMaintenance(catalog, job, now)
  await sweepMarks(catalog, now)
  await forgetLooks(catalog, now, LOOKS_FORGOTTEN)
}

export const handler = taskHandler(ReportInput, reportRun)
