import SpaceBetween from '@cloudscape-design/components/space-between'
import { BootProof, ListBootChecksQuery } from '#core/contracts/boot-checks-api.ts'
import {
  acceptedBy,
  FilterChoice,
  FilterPool,
  FilterSearch,
  useAddressFilter,
} from '../../components/filters.tsx'
import { bootChecks as words } from '../../text/boot-checks.ts'

const NAMES = ['search', 'pool', 'proof', 'days', 'sort'] as const
type Wanted = Partial<Record<(typeof NAMES)[number], string>>

export const useWanted = () => useAddressFilter(NAMES)

/** Whether the list is narrowed, and not only sorted or judged otherwise. */
export const isNarrowed = ({ search, pool, proof }: Wanted): boolean =>
  [search, pool, proof].some(Boolean)

/** As the API takes it. */
export const queryOf = (wanted: Wanted) => acceptedBy(ListBootChecksQuery.shape, NAMES, wanted)

const PROOFS = [
  { value: '', label: words.anyProof },
  { value: 'lacking', label: words.lacking },
  ...BootProof.options.map(value => ({ value, label: words.proofs[value] })),
]
const DAYS = ['', '7', '90', '180', '365'].map(value => ({
  value,
  label: words.daysOf(value || '30'),
}))
const ORDERS = [
  { value: '', label: words.sorted.name },
  { value: 'oldest', label: words.sorted.oldest },
]

export const Filters = ({ wanted, want }: { wanted: Wanted; want: (change: Wanted) => void }) => {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <FilterSearch
        label={words.search}
        text={wanted.search}
        onSearch={search => want({ search })}
      />
      <FilterChoice
        label={words.filterProof}
        value={wanted.proof}
        options={PROOFS}
        onChoose={proof => want({ proof })}
      />
      <FilterChoice
        label={words.days}
        value={wanted.days}
        options={DAYS}
        onChoose={days => want({ days })}
      />
      <FilterPool
        label={words.pool}
        any={words.anyPool}
        value={wanted.pool}
        onChoose={pool => want({ pool })}
      />
      <FilterChoice
        label={words.sort}
        value={wanted.sort}
        options={ORDERS}
        onChoose={sort => want({ sort })}
      />
    </SpaceBetween>
  )
}
