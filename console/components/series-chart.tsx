import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { lazy, Suspense, useState } from 'react'
import { PageLoading } from '../shell/page-loading.tsx'
import { charts } from '../text/charts.ts'
import type { SeriesChartProps } from './chart-series.ts'

const Drawn = lazy(async () => ({ default: (await import('./series-chart-drawn.tsx')).Drawn }))
const AsTable = lazy(async () => ({ default: (await import('./series-table.tsx')).AsTable }))

/** A chart, and the same as a table for whoever reads rather than looks. What draws them is loaded when the first one is seen. */
export const SeriesChart = ({ series: all, ...more }: SeriesChartProps) => {
  const [asTable, setAsTable] = useState(false)
  const series = all.filter(({ points }) => points.length > 0)
  const props = { ...more, series }
  if (series.length === 0) return <Box color="text-body-secondary">{props.empty}</Box>
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
