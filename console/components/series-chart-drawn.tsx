import MixedLineBarChart, {
  type MixedLineBarChartProps,
} from '@cloudscape-design/components/mixed-line-bar-chart'
import type { ChartX, SeriesChartProps } from './chart-series.ts'

/** Bars need names on their axis, lines an axis of time: `Date` where all places are instants and there are only lines. */
type Placed = MixedLineBarChartProps.ChartSeries<Date | string>

const HEIGHT = 220
/** About so many stand on an axis of values. */
const TICKS = 4

export const Drawn = ({
  title,
  series,
  xTitle,
  yTitle,
  xText,
  valueText,
  units,
  marks = [],
  stacked = false,
}: SeriesChartProps) => {
  const top = highest(series, stacked)
  const unit = units?.findLast(one => one <= top / TICKS) ?? units?.[0] ?? 1
  const isTime = series.every(
    ({ kind, points }) =>
      typeOf(kind, points.length) === 'line' && points.every(({ x }) => typeof x === 'number'),
  )
  const place = (x: ChartX): Date | string => (isTime ? new Date(x) : String(x))
  const back = (x: Date | string): ChartX =>
    x instanceof Date
      ? x.getTime()
      : series.some(({ points }) => points.some(point => typeof point.x === 'number'))
        ? Number(x)
        : x
  const placed: Placed[] = [
    ...series.map(({ kind, title: name, points, valueText: text = valueText }) => {
      const data = points.map(({ x, y }) => ({ x: place(x), y: y / unit }))
      // All places are of one type, which depends on the data: types cannot know it.
      return {
        type: typeOf(kind, points.length),
        title: name,
        data,
        valueFormatter: (y: number) => text(y * unit),
      } as Placed
    }),
    ...marks.map(mark => ({ type: 'threshold' as const, title: mark.title, x: place(mark.x) })),
  ]
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x))
  return (
    <MixedLineBarChart<Date | string>
      ariaLabel={title}
      series={placed}
      height={HEIGHT}
      hideFilter
      hideLegend={placed.length === 1}
      stackedBars={stacked}
      xScaleType={isTime ? 'time' : 'categorical'}
      xDomain={
        isTime
          ? [new Date(Math.min(...xs.map(Number))), new Date(Math.max(...xs.map(Number)))]
          : [...new Set(xs)].sort((a, b) => (a < b ? -1 : 1)).map(String)
      }
      xTitle={xTitle}
      yTitle={yTitle}
      yDomain={[0, top / unit]}
      i18nStrings={{
        xTickFormatter: x => xText(back(x), true),
        // Of the smallest unit nobody says parts.
        yTickFormatter: y => (units?.[0] === unit && y % 1 !== 0 ? '' : valueText(y * unit)),
      }}
    />
  )
}

/** More bars than these are too narrow to be drawn. */
const MOST_BARS = 14

/** A line of one place is none, and many bars are one. */
const typeOf = (kind: 'line' | 'bar', places: number): 'line' | 'bar' => {
  if (places === 1) return 'bar'
  return places > MOST_BARS ? 'line' : kind
}

/** A little room above the highest value; some where all are zero. */
const highest = (series: SeriesChartProps['series'], stacked: boolean): number => {
  const sums = new Map<ChartX, number>()
  for (const { kind, points } of series)
    for (const { x, y } of points) {
      const before = sums.get(x) ?? 0
      sums.set(x, stacked && kind === 'bar' ? before + y : Math.max(before, y))
    }
  return Math.max(1e-9, ...sums.values()) * 1.1
}
