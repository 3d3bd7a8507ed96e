import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { useDays } from '../../components/days.ts'
import { Listing } from '../../components/listing.tsx'
import { useSettled } from '../../components/settled.ts'
import { audit as words } from '../../text/audit.ts'
import { COLUMNS } from './columns.tsx'
import { ExportButton } from './export-button.tsx'
import { type Filter, Filters, NO_FILTER } from './filters.tsx'
import { Proof } from './proof.tsx'

export const Page = () => (
  <SpaceBetween size="l">
    <Records />
    <Proof />
  </SpaceBetween>
)

const Records = () => {
  const [filter, setFilter] = useState(NO_FILTER)
  const query = useQuery(filter)
  return (
    <Listing<AuditRecord>
      title={words.title}
      description={words.description}
      actions={<ExportButton query={query} />}
      columns={COLUMNS}
      idOf={({ seq }) => String(seq)}
      pages={usePages('listAudit', query)}
      filter={{
        active: Object.keys(query).length > 0,
        clear: () => setFilter(NO_FILTER),
        controls: (
          <Filters filter={filter} change={part => setFilter(now => ({ ...now, ...part }))} />
        ),
      }}
      empty={{ title: words.empty, advice: words.emptyAdvice }}
    />
  )
}

/** A filter as the API takes it. */
const useQuery = ({ who, action, outcome, from, to }: Filter) => {
  const { first, last } = useDays()
  const typed = useSettled(who.trim())
  const [since, until] = [first(from), last(to)]
  return {
    ...(typed !== '' && { who: typed }),
    ...(action !== '' && { action }),
    ...(outcome !== '' && { outcome: outcome as AuditRecord['outcome'] }),
    ...(since !== undefined && { from: since }),
    ...(until !== undefined && { to: until }),
  }
}
