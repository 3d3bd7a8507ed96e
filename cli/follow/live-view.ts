import type { JobView } from '#core/contracts/runs-api.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { aligned, cut } from '../output/table.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { bar, speaksUnicode } from './bar.ts'
import { jobText } from './job-text.ts'
import { type Pace, rates } from './rates.ts'
import type { RunView } from './run-view.ts'

/** More lines than this would not fit on a small terminal; then the jobs under way are shown and the rest is counted. */
const MOST_LINES = 16
const BAR_WIDTH = 24
const NAME_WIDTH = 24

/** One line per VM with bar, rate and time left, drawn over itself on a terminal. */
export const liveView = (host: Host): RunView => {
  const unicode = speaksUnicode(host.env)
  const pace = rates()
  let drawn = 0
  const draw = (lines: readonly string[]) => {
    const width = Math.max(20, (host.stderr.columns ?? 80) - 1)
    // ESC [ n A: up n lines; ESC [ J: clear to the end of the screen (ECMA-48 CUU, ED).
    const up = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : ''
    host.stderr.write(up + lines.map(line => `${cut(line, width)}\n`).join(''))
    drawn = lines.length
  }
  return {
    update: ({ jobs }) => draw(jobLines(jobs, pace, unicode)),
    note: text => {
      draw([])
      host.stderr.write(`${text}\n`)
    },
    end: () => draw([]),
  }
}

/** @returns the lines for these jobs, without colours and not yet cut to the terminal's width */
export const jobLines = (
  jobs: readonly JobView[],
  pace: (job: JobView) => Pace | undefined,
  unicode: boolean,
): string[] => {
  const named = jobs.map(job => ({ job, pace: pace(job) }))
  const underWay = named.filter(({ job }) => job.state === 'leased')
  const shown = named.length <= MOST_LINES ? named : underWay.slice(0, MOST_LINES - 1)
  const lines = shown.map(({ job, pace }) => jobLine(job, pace, unicode))
  if (shown.length === named.length) return lines
  const finished = jobs.filter(job => job.state === 'finished').length
  const queued = jobs.filter(job => job.state === 'queued').length
  return [...lines, `  … ${finished} of ${jobs.length} done, ${queued} waiting`]
}

const jobLine = (job: JobView, pace: Pace | undefined, unicode: boolean): string => {
  const name = aligned(cut(safeText(job.spec.vmName), NAME_WIDTH), NAME_WIDTH)
  const { progress } = job
  if (job.state !== 'leased' || !progress || progress.bytesTotal === 0)
    return `  ${name}  ${jobText(job)}`
  const share = progress.bytesDone / progress.bytesTotal
  const parts = [
    bar(share, BAR_WIDTH, { unicode }),
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${formatBytes(progress.bytesDone)} of ${formatBytes(progress.bytesTotal)}`,
    ...(pace ? [formatRate(pace.rate), `${formatDuration(pace.secondsLeft)} left`] : []),
    jobText(job),
  ]
  return `  ${name}  ${parts.join('  ')}`
}
