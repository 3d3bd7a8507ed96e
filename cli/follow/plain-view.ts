import { timeLeftText } from '#core/runs/pace.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { type Host, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { formatBytes, formatRate } from '../output/units.ts'
import { jobText } from './job-text.ts'
import type { RunView } from './run-view.ts'

/** A line per VM whenever its phase changes, and at most every ten seconds in between. */
export const plainView = (host: Host): RunView => {
  const last = new Map<string, { text: string; at: number }>()
  return {
    update: ({ jobs }) => {
      for (const job of jobs) {
        const text = jobText(job)
        const before = last.get(job.jobId)
        const moving = job.state === 'leased' && (job.progress?.bytesTotal ?? 0) > 0
        const due = moving && host.now() - (before?.at ?? 0) >= 10_000
        if (before?.text === text && !due) continue
        last.set(job.jobId, { text, at: host.now() })
        const { bytesDone = 0, bytesTotal = 0 } = job.progress ?? {}
        const figures = moving ? `, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}` : ''
        const speed =
          job.secondsLeft === undefined
            ? ''
            : `, ${formatRate(job.bytesPerSecond)}, ${timeLeftText(job.secondsLeft)} left`
        tell(host, `${safeText(subjectOf(job.spec))}: ${text}${figures}${speed}`)
      }
    },
    note: text => tell(host, text),
    end: () => {},
  }
}
