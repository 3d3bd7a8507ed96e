import Button from '@cloudscape-design/components/button'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { sites as words } from '../../text/sites.ts'
import { COLUMNS } from './columns.tsx'

/** All XenDesktop sites and how they stand. */
export const Page = () => {
  const [, go] = useLocation()
  const may = useMay()
  const define = (
    <Button variant="primary" {...may('createSite')} onClick={() => go('/sites/new')}>
      {words.define}
    </Button>
  )
  return (
    <Listing
      title={words.title}
      description={words.description}
      actions={define}
      columns={COLUMNS}
      idOf={({ siteId }) => siteId}
      pages={usePages('listSites')}
      empty={{ title: words.empty, advice: words.emptyAdvice, action: define }}
    />
  )
}
