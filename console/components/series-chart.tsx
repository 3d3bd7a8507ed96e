import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
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
const AsTable = lazy(async () => ({ default: (await import('./series-table.tsx')).AsTable }))

/** A chart, and the same as a table for whoever reads rather than looks. What draws them is loaded when the first one is seen. */
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
        {asTable && (
          <Suspense fallback={<PageLoading />}>
            <AsTable {...props} />
          </Suspense>
        )}
      </ExpandableSection>
    </SpaceBetween>
  )
}
