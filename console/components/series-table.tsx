import Table, { type TableProps } from '@cloudscape-design/components/table'
import { charts } from '../text/charts.ts'
import type { ChartSeries, ChartX, SeriesChartProps } from './chart-series.ts'

interface Row {
  x: ChartX
  values: (number | undefined)[]
  marks: string[]
}

/** What a chart shows, a row for each place on its x axis. */
export const AsTable = ({
  title,
  series,
  marks = [],
  xTitle,
  xText,
  valueText,
}: SeriesChartProps) => {
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
