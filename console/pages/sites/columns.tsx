import Box from '@cloudscape-design/components/box'
import type { TableProps } from '@cloudscape-design/components/table'
import type { SitePointBrief } from '#core/contracts/points.ts'
import type { SiteView } from '#core/contracts/sites-api.ts'
import { skewText } from '#core/points/skew-text.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { Ago } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { sites as words } from '../../text/sites.ts'

/** Whether a site point is whole, by how much its members are apart, and the first reason why it is not. */
export const PointState = ({
  state,
  skewMs,
  reasons,
}: Pick<SitePointBrief, 'state' | 'skewMs' | 'reasons'>) => (
  <>
    <Sign type={state === 'complete' ? 'success' : 'warning'}>{words[state]}</Sign>
    <Box color="text-body-secondary" fontSize="body-s">
      {reasons[0] ?? `${words.skew(skewText(skewMs))}.`}
    </Box>
  </>
)

export const COLUMNS: TableProps.ColumnDefinition<SiteView>[] = [
  {
    ...{ id: 'name', header: words.name, isRowHeader: true, minWidth: 140 },
    cell: ({ siteId, site }) => <PageLink to={`/sites/${siteId}`}>{site.name}</PageLink>,
  },
  {
    ...{ id: 'parts', header: words.parts, minWidth: 90 },
    cell: ({ site }) => words.partCount(site.components.length),
  },
  {
    ...{ id: 'newest', header: words.newest, minWidth: 220 },
    cell: ({ siteId, newest }) =>
      newest ? (
        <>
          <PageLink to={`/sites/${siteId}/points/${newest.pointId}`}>
            <Ago at={newest.taken} />
          </PageLink>
          <PointState {...newest} />
        </>
      ) : (
        words.none
      ),
  },
  {
    ...{ id: 'policies', header: words.policies, minWidth: 140 },
    cell: ({ policies }) =>
      policies.length > 0 ? (
        <Words>{policies.map(({ name }) => name).join(', ')}</Words>
      ) : (
        <Sign type="warning">{words.noPolicy}</Sign>
      ),
  },
  {
    ...{ id: 'last', header: words.lastRun, minWidth: 180 },
    cell: ({ lastRun }) =>
      lastRun ? (
        <>
          <Ago at={lastRun.started} />
          <Box color="text-body-secondary" fontSize="body-s">
            {lastRun.line} <PageLink to={`/runs/${lastRun.runId}`}>{words.showRun}</PageLink>
          </Box>
        </>
      ) : (
        words.noRun
      ),
  },
]
