import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { sizeText } from '../../components/size.ts'
import { Time } from '../../components/time.tsx'
import { repository } from '../../text/repository.ts'

const words = repository.facts

const number = (value: number): string => value.toLocaleString('en')

/** How much there is, and what it costs. */
export const Facts = ({ points, stored }: Pick<RepositoryView, 'points' | 'stored'>) => {
  const overview = useCall('getOverview', {}, { every: LIVE.slow })
  return (
    <Container header={<Header variant="h2">{words.title}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          {
            label: words.points,
            value: points.more ? words.more(number(points.count)) : number(points.count),
          },
          { label: words.vms, value: number(points.vms) },
          { label: words.disks, value: sizeText(points.bytesOfDisks) },
          { label: words.oldest, value: <Instant at={points.oldest} /> },
          { label: words.newest, value: <Instant at={points.newest} /> },
          {
            label: words.stored,
            value: stored ? (
              <>
                {sizeText(stored.bytes)}, {words.asOf} <Time at={stored.at} />
              </>
            ) : (
              words.unknown(sizeText(points.bytesStored))
            ),
          },
          ...(stored?.ratio === undefined
            ? []
            : [{ label: words.ratio, value: words.times(stored.ratio) }]),
          ...(overview.data ? [{ label: words.cost, value: overview.data.answers.cost.text }] : []),
        ]}
      />
    </Container>
  )
}

const Instant = ({ at }: { at: number | undefined }) =>
  at === undefined ? words.none : <Time at={at} />
