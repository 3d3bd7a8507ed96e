import { type Host, printJson, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { jobText } from './job-text.ts'
import { liveView } from './live-view.ts'
import { rates } from './rates.ts'
import type { RunSnapshot } from './watch-run.ts'

/** Shows a run while it goes on. */
export interface RunView {
  update: (snapshot: RunSnapshot) => void
  /** A remark in between. */
  note: (text: string) => void
  /** Cleans up what was only for the moment. */
  end: () => void
}

/** @returns bars on a terminal, JSON lines for programs, plain lines for everything else (logs, mail from cron) */
export const runView = (host: Host, json: boolean): RunView =>
  json ? jsonView(host) : host.stderr.isTTY ? liveView(host) : plainView(host)

/** A line per VM whenever its phase changes, and at most every ten seconds in between. */
const plainView = (host: Host): RunView => {
  const pace = rates()
  const last = new Map<string, { text: string; at: number }>()
  return {
    update: ({ jobs }) => {
      for (const job of jobs) {
        const now = pace(job)
        const text = jobText(job)
        const before = last.get(job.jobId)
        const moving = job.state === 'leased' && (job.progress?.bytesTotal ?? 0) > 0
        const due = moving && host.now() - (before?.at ?? 0) >= 10_000
        if (before?.text === text && !due) continue
        last.set(job.jobId, { text, at: host.now() })
        const { bytesDone = 0, bytesTotal = 0 } = job.progress ?? {}
        const figures = moving ? `, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}` : ''
        const speed = now
          ? `, ${formatRate(now.rate)}, ${formatDuration(now.secondsLeft)} left`
          : ''
        tell(host, `${safeText(job.spec.vmName)}: ${text}${figures}${speed}`)
      }
    },
    note: text => tell(host, text),
    end: () => {},
  }
}

/** One JSON document per line: `{"event":"progress","run":…,"jobs":[…]}`, whenever something changed. */
const jsonView = (host: Host): RunView => {
  let last = ''
  return {
    update: snapshot => {
      const now = JSON.stringify(snapshot)
      if (now === last) return
      last = now
      printJson(host, { event: 'progress', ...snapshot })
    },
    note: text => tell(host, text),
    end: () => {},
  }
}
