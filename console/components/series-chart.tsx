import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { lazy, Suspense, useState } from 'react'
import { PageLoading } from '../shell/page-loading.tsx'
import { charts } from '../text/charts.ts'

/** Where something stands on the x axis: an instant (ms since 1970), or a name. */
export type ChartX = number | string

export interface ChartSeries {
  title: string
  kind: 'line' | 'bar'
  points: readonly { x: ChartX; y: number }[]
  /** How a value is said; as all of the chart unless told. */
  valueText?: (value: number) => string
}

export interface SeriesChartProps {
  /** What it shows: the name of the chart and of its table. */
  title: string
  series: readonly ChartSeries[]
  xTitle: string
  yTitle: string
  /** How a place on the x axis is said, briefly on the axis itself. */
  xText: (x: ChartX, brief: boolean) => string
  valueText: (value: number) => string
  /** What stands out, such as an anomaly: a line across the chart, and a word in the table. */
  marks?: readonly { x: ChartX; title: string }[]
  stacked?: boolean
  /** What is said where there is nothing to show. */
  empty: string
}

const Drawn = lazy(async () => ({ default: (await import('./series-chart-drawn.tsx')).Drawn }))

/** A chart, and the same as a table for whoever reads rather than looks. What draws it is loaded when the first one is seen. */
export const SeriesChart = (props: SeriesChartProps) => {
  const [asTable, setAsTable] = useState(false)
  if (props.series.every(({ points }) => points.length === 0))
    return <Box color="text-body-secondary">{props.empty}</Box>
  return (
    <SpaceBetween size="xs">
      <Suspense fallback={<PageLoading />}>
        <Drawn {...props} />
      </Suspense>
      <ExpandableSection
        headerText={charts.asTable}
        headerAriaLabel={charts.tableOf(props.title)}
        expanded={asTable}
        onChange={({ detail }) => setAsTable(detail.expanded)}
      >
        {asTable && <AsTable {...props} />}
      </ExpandableSection>
    </SpaceBetween>
  )
}

interface Row {
  x: ChartX
  values: (number | undefined)[]
  marks: string[]
}

const AsTable = ({ title, series, marks = [], xTitle, xText, valueText }: SeriesChartProps) => {
  const columns: TableProps.ColumnDefinition<Row>[] = [
    { id: 'x', header: xTitle, cell: row => xText(row.x, false), isRowHeader: true },
    ...series.map((one, index) => ({
      id: `series-${index}`,
      header: one.title,
      cell: (row: Row) => {
        const value = row.values[index]
        return value === undefined ? '–' : (one.valueText ?? valueText)(value)
      },
    })),
    ...(marks.length > 0
      ? [{ id: 'marks', header: charts.marks, cell: (row: Row) => row.marks.join(', ') }]
      : []),
  ]
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      wrapLines
      ariaLabels={{ tableLabel: title }}
      columnDefinitions={columns}
      items={rowsOf(series, marks)}
      trackBy={row => String(row.x)}
    />
  )
}

const rowsOf = (
  series: readonly ChartSeries[],
  marks: NonNullable<SeriesChartProps['marks']>,
): Row[] => {
  const values = series.map(({ points }) => new Map(points.map(({ x, y }) => [x, y])))
  const xs = new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))
  return [...xs].sort(byX).map(x => ({
    x,
    values: values.map(of => of.get(x)),
    marks: marks.filter(mark => mark.x === x).map(mark => mark.title),
  }))
}

const byX = (a: ChartX, b: ChartX): number => (a < b ? -1 : a > b ? 1 : 0)
