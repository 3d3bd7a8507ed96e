import type { JobProgress } from '#core/contracts/jobs.ts'
import type { JobContext } from '#gateway-agent/control/leased-job.ts'

/** A context that keeps what it is told. */
export const testContext = () => {
  const controller = new AbortController()
  const progress: JobProgress = {
    phase: '',
    bytesTotal: 0,
    bytesDone: 0,
    bytesRead: 0,
    bytesStored: 0,
  }
  const phases: string[] = []
  const context: JobContext = {
    signal: controller.signal,
    epoch: () => 1,
    report(more) {
      Object.assign(progress, more)
      if (more.phase) phases.push(more.phase)
    },
  }
  return { context, progress, phases, abort: (reason: unknown) => controller.abort(reason) }
}
