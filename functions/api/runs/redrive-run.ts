import { RunEndedError } from '#core/errors/control.ts'
import { attemptOf, executionOf, machineOf, nextAttempt } from '#core/runs/run.ts'
import { noted } from '#core/runs/run-log.ts'
import { changeRun } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { driveRun } from '../../runs/drive-run.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Has a run that is open gone on with by a new execution: its jobs stay as they are, ended ones are not done again. From the first write on nothing that the former
 * execution does counts; that it is stopped saves only its steps.
 */
export const redriveRun =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>) =>
  async ({
    params: { runId },
    caller,
    settle,
  }: RouteCall<'redriveRun'>): Promise<RouteReply<'redriveRun'>> => {
    const { catalog, clock, workflow } = ports
    const run = await changeRun(
      catalog,
      runId,
      found => {
        if (found.state !== 'running') throw new RunEndedError(runId, found.state)
        const next = nextAttempt(found)
        return noted(next, clock.now(), `redriven by ${caller.name}: execution ${attemptOf(next)}`)
      },
      next => (settle ? [settle({ runId, attempt: attemptOf(next) })] : []),
    )
    const attempt = attemptOf(run)
    const former = executionOf({ runId, attempt: attempt - 1 })
    if (attempt > 1)
      await workflow.stop(machineOf(run), former.name, 'The run was redriven.').catch(() => {}) // it has no power any more
    await driveRun(ports, run)
    return { runId, attempt }
  }

export const handler = httpHandler('redriveRun', redriveRun)
