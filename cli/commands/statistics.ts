import type { DayStatistics, StatisticsView } from '#core/contracts/statistics-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { type Column, table } from '../output/table.ts'
import { formatBytes, formatDuration } from '../output/units.ts'
import { wholeNumber } from './arguments.ts'

const MOST_DAYS = 730

/** `xenkeep statistics`. JSON: `{"statistics":StatisticsView}`. */
export const statisticsCommand = (program: Program) =>
  newCommand('statistics', 'what was read, stored and run, day by day (in UTC)', [
    'xenkeep statistics',
    'xenkeep statistics --days 365 --json',
  ])
    .option('--days <n>', `so many days, the last is today; ${MOST_DAYS} at most`, wholeNumber, 30)
    .action(
      action(program, async (session, { days }: { days: number }) => {
        if (days < 1 || days > MOST_DAYS)
          throw new UsageError(`--days is 1 to ${MOST_DAYS}, not ${days}.`)
        const statistics = await session.client.call('getStatistics', { query: { days } })
        answer(session, { statistics }, () => statisticsLines(statistics))
        return ExitCode.ok
      }),
    )

export const statisticsLines = ({ days, countedSince, from }: StatisticsView): string[] => {
  if (countedSince === undefined)
    return ['Nothing was counted yet: it begins with the first run that ends.']
  const since =
    countedSince > from
      ? [`Counted since ${countedSince}; of days before that nothing is known.`]
      : []
  return days.length === 0
    ? ['Nothing ended on these days.', ...since]
    : [...table(COLUMNS, days), ...since]
}

const COLUMNS: Column<DayStatistics>[] = [
  { title: 'DAY (UTC)', cell: ({ day }) => day },
  { title: 'POINTS', cell: ({ points }) => points.toLocaleString('en'), align: 'right' },
  { title: 'READ', cell: ({ bytesRead }) => formatBytes(bytesRead), align: 'right' },
  { title: 'NEW', cell: ({ bytesNew }) => formatBytes(bytesNew), align: 'right' },
  { title: 'STORED', cell: ({ bytesStored }) => formatBytes(bytesStored), align: 'right' },
  { title: 'DEDUP', cell: ({ dedup }) => timesText(dedup), align: 'right' },
  { title: 'COMPRESSION', cell: ({ compression }) => timesText(compression), align: 'right' },
  { title: 'FREED', cell: ({ bytesFreed }) => formatBytes(bytesFreed), align: 'right' },
  {
    title: 'REPOSITORY',
    cell: ({ repository }) => (repository ? formatBytes(repository.bytes) : '-'),
    align: 'right',
  },
  { title: 'RUNS', cell: runsText },
  { title: 'LONGEST BACKUP', cell: longestText, align: 'right' },
]

const timesText = (ratio: number | undefined): string =>
  ratio === undefined ? '-' : `${ratio.toFixed(1)}x`

function runsText({ runs }: DayStatistics): string {
  const sums = { good: 0, 'in parts': 0, failed: 0, cancelled: 0 }
  for (const of of Object.values(runs)) {
    sums.good += of.succeeded
    sums['in parts'] += of.warning
    sums.failed += of.failed
    sums.cancelled += of.cancelled
  }
  return (
    Object.entries(sums)
      .flatMap(([what, n]) => (n > 0 ? [`${n.toLocaleString('en')} ${what}`] : []))
      .join(', ') || '-'
  )
}

function longestText({ runs: { backup } }: DayStatistics): string {
  return backup ? formatDuration(backup.longestMs / 1_000) : '-'
}
