import type { JobView, RunView as Run } from '#core/contracts/runs-api.ts'
import { timeLeftText } from '#core/runs/pace.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { aligned, cut } from '../output/table.ts'
import { formatBytes, formatRate } from '../output/units.ts'
import { bar, speaksUnicode } from './bar.ts'
import { jobText } from './job-text.ts'
import type { RunView } from './run-view.ts'

/** More lines than this would not fit on a small terminal; then the jobs under way are shown and the rest is counted. */
const MOST_LINES = 16
const BAR_WIDTH = 24
const NAME_WIDTH = 24

/** One line per VM with bar, rate and time left, drawn over itself on a terminal. */
export const liveView = (host: Host): RunView => {
  const unicode = speaksUnicode(host.env)
  let drawn = 0
  const draw = (lines: readonly string[]) => {
    const width = Math.max(20, (host.stderr.columns ?? 80) - 1)
    // ESC [ n A: up n lines; ESC [ J: clear to the end of the screen (ECMA-48 CUU, ED).
    const up = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : ''
    host.stderr.write(up + lines.map(line => `${cut(line, width)}\n`).join(''))
    drawn = lines.length
  }
  return {
    update: ({ run, jobs }) => draw([...jobLines(jobs, unicode), ...timeLine(run, jobs)]),
    note: text => {
      draw([])
      host.stderr.write(`${text}\n`)
    },
    end: () => draw([]),
  }
}

/** @returns the lines for these jobs, without colours and not yet cut to the terminal's width */
export const jobLines = (jobs: readonly JobView[], unicode: boolean): string[] => {
  const underWay = jobs.filter(job => job.state === 'leased')
  const shown = jobs.length <= MOST_LINES ? jobs : underWay.slice(0, MOST_LINES - 1)
  const lines = shown.map(job => jobLine(job, unicode))
  if (shown.length === jobs.length) return lines
  const finished = jobs.filter(job => job.state === 'finished').length
  const queued = jobs.filter(job => job.state === 'queued').length
  return [...lines, `  … ${finished} of ${jobs.length} done, ${queued} waiting`]
}

/** What the lines of the jobs do not say already. */
const timeLine = ({ timeLeft }: Run, jobs: readonly JobView[]): string[] =>
  jobs.length > 1 && timeLeft !== undefined ? [`  time left: ${timeLeft}`] : []

const jobLine = (job: JobView, unicode: boolean): string => {
  const name = aligned(cut(safeText(subjectOf(job.spec)), NAME_WIDTH), NAME_WIDTH)
  const { progress } = job
  if (job.state !== 'leased' || !progress || progress.bytesTotal === 0)
    return `  ${name}  ${jobText(job)}`
  const share = progress.bytesDone / progress.bytesTotal
  const parts = [
    bar(share, BAR_WIDTH, { unicode }),
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${formatBytes(progress.bytesDone)} of ${formatBytes(progress.bytesTotal)}`,
    ...(job.secondsLeft === undefined
      ? []
      : [formatRate(job.bytesPerSecond), `${timeLeftText(job.secondsLeft)} left`]),
    `${jobText(job)}${diskText(job)}`,
  ]
  return `  ${name}  ${parts.join('  ')}`
}

/** `, 3 of 8 disks done; disk 3: 40 %, disk 4: 7 %` */
export const diskText = ({ progress }: JobView): string => {
  const { disks, underWay = [] } = progress ?? {}
  if (!disks || disks.total < 2) return ''
  const each = underWay.map(
    ({ userdevice, bytesDone, bytesTotal }) =>
      `disk ${safeText(userdevice)}: ${Math.floor((bytesDone / bytesTotal) * 100)} %`,
  )
  return `, ${[`${disks.done} of ${disks.total} disks done`, each.join(', ')].filter(Boolean).join('; ')}`
}
