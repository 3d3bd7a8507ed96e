import type { TableProps } from '@cloudscape-design/components/table'
import type { OccasionView } from '#core/contracts/policies-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { SubList } from '../../components/sub-list.tsx'
import { Time } from '../../components/time.tsx'
import { policies } from '../../text/policies.ts'

const words = policies.page

const COLUMNS: TableProps.ColumnDefinition<OccasionView>[] = [
  { id: 'due', header: words.due, cell: ({ due }) => <Time at={due} />, isRowHeader: true },
  {
    id: 'why',
    header: words.why,
    cell: ({ leftOut }) => leftOut && `${leftOut.message} ${leftOut.advice}`,
  },
]

/** Times on which it should have run and did not. */
export const PolicyMissed = ({ policyId }: { policyId: string }) => (
  <SubList
    label={words.tabs.missed}
    columns={COLUMNS}
    idOf={({ due }) => String(due)}
    pages={usePages('listOccasions', { missed: 'true' }, { params: { policyId } })}
    empty={{ title: words.noMissed, advice: words.noMissedAdvice }}
  />
)
