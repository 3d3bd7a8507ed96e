import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { DayStatistics } from '#core/contracts/statistics-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import type { ChartSeries, ChartX } from '../../components/chart-series.ts'
import { DURATION_UNITS, durationText } from '../../components/duration.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { SeriesChart } from '../../components/series-chart.tsx'
import { SIZE_UNITS, sizeText } from '../../components/size.ts'
import { overview } from '../../text/overview.ts'

const words = overview.trends
const DAYS = 30

/** How storage, deduplication and durations went, day by day. */
export const Trends = () => {
  const { data, error, refetch } = useCall(
    'getStatistics',
    { query: { days: DAYS } },
    { every: LIVE.slow },
  )
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={
            data && (data.countedSince === undefined ? undefined : words.since(data.countedSince))
          }
        >
          {words.title}
        </Header>
      }
    >
      {error && !data && (
        <ProblemAlert error={error} title={words.failed} onRetry={() => void refetch()} />
      )}
      {!data && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {data?.days.length === 0 && <Box color="text-body-secondary">{words.none}</Box>}
      {data && data.days.length > 0 && <Charts days={data.days} />}
    </Container>
  )
}

const Charts = ({ days }: { days: readonly DayStatistics[] }) => (
  <ColumnLayout columns={2} minColumnWidth={320}>
    <OfDays
      {...words.storage}
      valueText={sizeText}
      units={SIZE_UNITS}
      series={[line(words.storage.repository, days, ({ repository }) => repository?.bytes)]}
    />
    <OfDays
      {...words.written}
      valueText={sizeText}
      units={SIZE_UNITS}
      series={[
        line(words.written.read, days, ({ bytesRead }) => bytesRead),
        line(words.written.stored, days, ({ bytesStored }) => bytesStored),
      ]}
    />
    <OfDays
      {...words.dedup}
      valueText={timesText}
      series={[
        line(words.dedup.dedup, days, ({ dedup }) => dedup),
        line(words.dedup.compression, days, ({ compression }) => compression),
      ]}
    />
    <OfDays
      {...words.duration}
      valueText={durationText}
      units={DURATION_UNITS}
      series={[
        line(
          words.duration.mean,
          days,
          ({ runs: { backup } }) => backup && backup.ms / ended(backup),
        ),
        line(words.duration.longest, days, ({ runs: { backup } }) => backup?.longestMs),
      ]}
    />
  </ColumnLayout>
)

const OfDays = ({
  title,
  axis,
  empty,
  series,
  valueText,
  units,
}: {
  title: string
  axis: string
  empty: string
  series: readonly ChartSeries[]
  valueText: (value: number) => string
  units?: readonly number[]
}) => (
  <div>
    <Box variant="h3">{title}</Box>
    <SeriesChart
      title={title}
      series={series}
      xTitle={words.day}
      yTitle={axis}
      xText={dayText}
      valueText={valueText}
      {...(units && { units })}
      empty={empty}
    />
  </div>
)

type Value = (day: DayStatistics) => number | undefined

const pointsOf = (days: readonly DayStatistics[], value: Value) =>
  days.flatMap(one => {
    const y = value(one)
    return y === undefined ? [] : [{ x: one.day, y }]
  })

const line = (title: string, days: readonly DayStatistics[], value: Value): ChartSeries => ({
  ...{ title, kind: 'line', points: pointsOf(days, value) },
})

const ended = ({
  succeeded,
  warning,
  failed,
  cancelled,
}: NonNullable<DayStatistics['runs']['backup']>): number =>
  Math.max(1, succeeded + warning + failed + cancelled)

const timesText = (value: number): string => `${value.toFixed(1)} ×`

/** 2026-11-23, on an axis 11-23 */
const dayText = (x: ChartX, brief: boolean): string => (brief ? String(x).slice(5) : String(x))
