import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { SiteView } from '#core/contracts/sites-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { Time } from '../../components/time.tsx'
import { sites, sitePage as words } from '../../text/sites.ts'
import { LockSign } from '../vms/lock-sign.tsx'
import { PointState } from './columns.tsx'

const columnsOf = (siteId: string): TableProps.ColumnDefinition<ListedPoint>[] => [
  {
    ...{ id: 'taken', header: words.taken, isRowHeader: true, minWidth: 150 },
    cell: ({ pointId, taken }) => (
      <PageLink to={`/sites/${siteId}/points/${pointId}`}>
        <Time at={taken} />
      </PageLink>
    ),
  },
  {
    ...{ id: 'state', header: words.state, minWidth: 240 },
    cell: ({ site }) => site && <PointState {...site} />,
  },
  {
    ...{ id: 'members', header: sites.parts, minWidth: 110 },
    cell: ({ site }) => site && sites.members(site.members),
  },
  {
    ...{ id: 'lock', header: words.locked, minWidth: 120 },
    cell: point => <LockSign {...point} />,
  },
]

/** Before there is one, nobody can be asked for them. */
export const NoPoints = () => (
  <Container header={<Header variant="h2">{words.points}</Header>}>
    <Box variant="strong">{words.noPoints}</Box>
    <Box color="text-body-secondary">{words.noPointsAdvice}</Box>
  </Container>
)

/** The site points, newest first. */
export const SitePoints = ({ siteId, siteUuid }: Pick<SiteView, 'siteId' | 'siteUuid'>) => (
  <Listing
    heading="section"
    title={words.points}
    columns={columnsOf(siteId)}
    idOf={({ pointId }) => pointId}
    pages={usePages('listPoints', { vm: siteUuid }, { limit: 20 })}
    empty={{ title: words.noPoints, advice: words.noPointsAdvice }}
  />
)
