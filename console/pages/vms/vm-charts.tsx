import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import type { ChartSeries, ChartX } from '../../components/chart-series.ts'
import { SeriesChart } from '../../components/series-chart.tsx'
import { SIZE_UNITS, sizeText } from '../../components/size.ts'
import { useTimeText } from '../../components/time.tsx'
import { vm } from '../../text/vm.ts'
import { kindOf, readOf, sizeOf } from './point-reading.ts'

const words = vm.charts
const MOST = 60

const share = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`

/** How much was read, new and stored, point by point. */
export const VmCharts = ({ vmUuid }: { vmUuid: string }) => {
  const { data } = useCall(
    'listPoints',
    { query: { vm: vmUuid, limit: MOST } },
    { every: LIVE.slow },
  )
  const text = useTimeText()
  if (!data) return null
  const points = data.items.toReversed()
  // What was read in full tells nothing of how much had changed.
  const changes = points.filter(point => kindOf(point) === 'incremental')
  const marks = points.flatMap(({ taken, unusual }) =>
    unusual ? [{ x: taken, title: words.mark[unusual.suspicious ? 'suspicious' : 'unusual'] }] : [],
  )
  const line = (
    title: string,
    value: (point: ListedPoint) => number,
    of: readonly ListedPoint[] = points,
  ): ChartSeries => ({
    ...{ title, kind: 'line' },
    points: of.map(point => ({ x: point.taken, y: value(point) })),
  })
  const common = {
    ...{ marks, xTitle: words.when, empty: words.empty },
    xText: (x: ChartX, brief: boolean) => (brief ? text(Number(x)).slice(5, 16) : text(Number(x))),
  }
  return (
    <Container
      header={
        <Header
          variant="h2"
          {...(data.next !== undefined && { description: words.newestOnly(MOST) })}
        >
          {words.title}
        </Header>
      }
    >
      <ColumnLayout columns={2} minColumnWidth={360}>
        <div>
          <Box variant="h3">{words.change}</Box>
          <SeriesChart
            {...common}
            title={words.change}
            yTitle={words.changeAxis}
            valueText={share}
            series={[
              line(words.changed, point => readOf(point) / Math.max(1, sizeOf(point)), changes),
              line(words.fresh, point => point.bytesNew / Math.max(1, sizeOf(point))),
            ]}
          />
        </div>
        <div>
          <Box variant="h3">{words.sizes}</Box>
          <SeriesChart
            {...common}
            title={words.sizes}
            yTitle={words.sizesAxis}
            valueText={sizeText}
            units={SIZE_UNITS}
            series={[
              line(words.read, point => point.bytesRead),
              line(words.fresh, point => point.bytesNew),
              line(words.stored, point => point.bytesStored),
            ]}
          />
        </div>
      </ColumnLayout>
    </Container>
  )
}
