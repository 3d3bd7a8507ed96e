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
  /** What values are counted in, ascending: an axis has round numbers of one of them. Left out: ones. */
  units?: readonly number[]
  /** What stands out, such as an anomaly: a line across the chart, and a word in the table. */
  marks?: readonly { x: ChartX; title: string }[]
  stacked?: boolean
  /** What is said where there is nothing to show. */
  empty: string
}
