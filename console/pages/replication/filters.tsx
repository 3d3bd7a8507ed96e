import SpaceBetween from '@cloudscape-design/components/space-between'
import { ListReplicasQuery, ReplicaPhase } from '#core/contracts/replicas-api.ts'
import {
  acceptedBy,
  FilterChoice,
  FilterPool,
  FilterSearch,
  useAddressFilter,
} from '../../components/filters.tsx'
import { replication as words } from '../../text/replication.ts'

const NAMES = ['search', 'pool', 'phase', 'troubled'] as const
type Wanted = Partial<Record<(typeof NAMES)[number], string>>

export const useWanted = () => useAddressFilter(NAMES)

/** As the API takes it. */
export const queryOf = (wanted: Wanted) => acceptedBy(ListReplicasQuery.shape, NAMES, wanted)

const PHASES = [
  { value: '', label: words.anyPhase },
  ...ReplicaPhase.options.map(value => ({ value, label: words.phases[value] })),
]
const SHOWN = [
  { value: '', label: words.shown.all },
  { value: 'true', label: words.shown.troubled },
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
        label={words.show}
        value={wanted.troubled}
        options={SHOWN}
        onChoose={troubled => want({ troubled })}
      />
      <FilterChoice
        label={words.phase}
        value={wanted.phase}
        options={PHASES}
        onChoose={phase => want({ phase })}
      />
      <FilterPool
        label={words.inPool}
        any={words.anyPool}
        value={wanted.pool}
        onChoose={pool => want({ pool })}
      />
    </SpaceBetween>
  )
}
