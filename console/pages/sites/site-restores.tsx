import type { TableProps } from '@cloudscape-design/components/table'
import type { SiteRestoreView } from '#core/contracts/site-restores-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { siteRestore, sitePage as words } from '../../text/sites.ts'

const STATES = { open: 'in-progress', done: 'success', ended: 'stopped' } as const

export const RestoreState = ({ state }: Pick<SiteRestoreView, 'state'>) => (
  <Sign type={STATES[state]}>{siteRestore.restoreStates[state]}</Sign>
)

const COLUMNS: TableProps.ColumnDefinition<SiteRestoreView>[] = [
  {
    ...{ id: 'begun', header: words.begun, isRowHeader: true, minWidth: 150 },
    cell: ({ siteId, restoreId, started }) => (
      <PageLink to={`/sites/${siteId}/restores/${restoreId}`}>
        <Time at={started} />
      </PageLink>
    ),
  },
  { id: 'site', header: words.of, cell: ({ siteName }) => <Words>{siteName}</Words> },
  {
    ...{ id: 'state', header: words.state, minWidth: 110 },
    cell: one => <RestoreState {...one} />,
  },
  {
    ...{ id: 'line', header: words.goesOn, minWidth: 240 },
    cell: ({ line }) => <Words>{line}</Words>,
  },
]

/** Restores of sites, this one's among them, newest first. */
export const SiteRestores = () => (
  <Listing
    heading="section"
    title={words.restores}
    columns={COLUMNS}
    idOf={({ restoreId }) => restoreId}
    pages={usePages('listSiteRestores', {}, { limit: 20 })}
    empty={{ title: words.noRestores, advice: words.noRestoresAdvice }}
  />
)
