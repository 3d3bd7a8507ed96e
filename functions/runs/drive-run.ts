import { countText } from '#core/count-text.ts'
import { toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import { limits } from '#core/runs/limits.ts'
import { attemptOf, executionOf, machineOf, nextAttempt, type Run } from '#core/runs/run.ts'
import { noted } from '#core/runs/run-log.ts'
import { changeRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { endRun } from './end-run.ts'

/**
 * Has an open run executed. Where its execution runs, nothing happens; where that has ended although the run is open (it failed, timed out,
 * was stopped, or is of an older version), the next attempt starts under a name of its own and goes on with the jobs as they stand.
 * @throws `WORKFLOW_UNAVAILABLE`, `CATALOG_UNAVAILABLE`
 */
export const driveRun = async (
  ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>,
  found: Run,
): Promise<void> => {
  const { catalog, clock, workflow } = ports
  for (let run = found; run.state === 'running'; ) {
    const attempt = attemptOf(run)
    if (attempt > limits.attemptsPerRun) {
      const gone = new WorkflowInterruptedError(
        `its execution ended ${countText(attempt - 1, 'time')}`,
      )
      await endRun(ports, run.runId, toProblem(gone))
      return
    }
    if (attempt > 0) {
      const { name, input } = executionOf(run)
      if ((await workflow.start(machineOf(run), name, input)) === 'running') return
    }
    run = await changeRun(catalog, run.runId, now =>
      now.state === 'running' && attemptOf(now) === attempt ? goneOnWith(now, clock.now()) : now,
    )
  }
}

const goneOnWith = (run: Run, now: number): Run => {
  const next = nextAttempt(run)
  const text = `its execution had ended before it did: execution ${attemptOf(next)} goes on`
  return noted(next, now, text)
}
