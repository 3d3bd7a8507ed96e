import type { z } from 'zod'
import { readGateways } from '#core/gateways/gateway.ts'
import { changeJob, dispatchJob } from '#core/runs/jobs-catalog.ts'
import { tendJob } from '#core/runs/tend.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { isSuperseded } from './superseded.ts'
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
    if (await isSuperseded({ catalog }, { runId, attempt })) {
      await workflow.succeedTask(taskToken, { runId, jobId })
      return {}
    }
    const gateways = await readGateways(catalog)
    await dispatchJob(catalog, jobId, taskToken)
    const job = await changeJob(catalog, jobId, found =>
      tendJob(found, gateways, clock.now(), upSince),
    )
    if (job.state === 'finished') await workflow.succeedTask(taskToken, { runId, jobId })
    return {}
  }

export const handler = taskHandler(DispatchInput, dispatchToGateway)
