import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { SeriesChart } from '../../components/series-chart.tsx'
import { sizeText } from '../../components/size.ts'
import { repository } from '../../text/repository.ts'

const words = repository.locks

export const LockCalendar = ({ locks }: { locks: NonNullable<RepositoryView['locks']> }) => (
  <Container
    header={
      <Header variant="h2" description={words.description}>
        {words.title}
      </Header>
    }
  >
    <SeriesChart
      title={words.title}
      series={[
        {
          title: words.size,
          kind: 'bar',
          points: locks.days.map(({ day, bytes }) => ({ x: day, y: bytes })),
        },
      ]}
      xTitle={words.day}
      yTitle={words.axis}
      xText={String}
      valueText={sizeText}
      empty={words.empty}
    />
    {locks.unlocked > 0 && <Box>{words.unlocked(locks.unlocked.toLocaleString('en'))}</Box>}
    {locks.untold > 0 && <Box>{words.untold(locks.untold.toLocaleString('en'))}</Box>}
  </Container>
)
