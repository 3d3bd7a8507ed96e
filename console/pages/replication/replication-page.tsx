import Button from '@cloudscape-design/components/button'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { replication as words } from '../../text/replication.ts'
import { COLUMNS } from './columns.tsx'
import { Filters, queryOf, useWanted } from './filters.tsx'

/** All standbys and how they stand. */
export const Page = () => {
  const [, go] = useLocation()
  const may = useMay()
  const { wanted, want, clear } = useWanted()
  const define = (
    <Button variant="primary" {...may('putReplica')} onClick={() => go('/replication/new')}>
      {words.define}
    </Button>
  )
  return (
    <Listing
      title={words.title}
      description={words.description}
      actions={define}
      columns={COLUMNS}
      idOf={({ replicaId }) => replicaId}
      pages={usePages('listReplicas', queryOf(wanted))}
      filter={{
        controls: <Filters wanted={wanted} want={want} />,
        active: Object.keys(wanted).length > 0,
        clear,
      }}
      empty={{ title: words.empty, advice: words.emptyAdvice, action: define }}
    />
  )
}
