import type { z } from 'zod'
import { readGateways } from '#core/gateways/gateway.ts'
import { gatesIn, placeOf } from '#core/runs/gates.ts'
import { requestCancel } from '#core/runs/job.ts'
import { changeJob, dispatchJob } from '#core/runs/jobs-catalog.ts'
import { attemptOf } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { tendJob } from '#core/runs/tend.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { DispatchInput } from './task-input.ts'

/**
 * Puts a job where its gateway looks for work, with the token of the task that waits for it. Runs again when the control plane was
 * restarted, and when no heartbeat came for a while; a job that is being worked on only gets the new token. A task of an execution that is
 * superseded is let go on at once, without the job.
 */
export const dispatchToGateway =
  ({
    catalog,
    clock,
    workflow,
    upSince,
  }: Pick<Ports, 'catalog' | 'clock' | 'workflow' | 'upSince'>) =>
  async ({ runId, attempt, jobId, taskToken }: z.output<typeof DispatchInput>) => {
    const goOn = () => workflow.succeedTask(taskToken, { runId, jobId })
    const run = (await readRun(catalog, runId)).value
    if (attemptOf(run) > attemptOf({ attempt })) {
      await goOn()
      return {}
    }
    const now = clock.now()
    // Of a large run thousands come here after it was cancelled: those that nobody holds go into no queue first.
    const isOver =
      run.cancelRequested &&
      (await changeJob(catalog, jobId, found => requestCancel(found, now))).state === 'finished'
    if (isOver) {
      await goOn()
      return {}
    }
    const gateways = await readGateways(catalog)
    const dispatched = await dispatchJob(catalog, jobId, taskToken)
    const gate = await gatesIn(catalog)(placeOf(dispatched))
    const job = await changeJob(catalog, jobId, found =>
      tendJob(
        run.cancelRequested ? requestCancel(found, now) : found,
        gateways,
        now,
        upSince,
        gate,
      ),
    )
    if (job.state === 'finished') await goOn()
    return {}
  }

export const handler = taskHandler(DispatchInput, dispatchToGateway)
